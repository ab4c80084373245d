import type { EventSignal, SpawnedCollector } from '../collector/src/index.ts';
import { NOTHING_ARRIVED } from '../faults/accounts.ts';
import type { Soak } from './soak.ts';

const COLUMN_WIDTH = 18;

/** Prints the results. @returns the problems */
export async function report(soak: Soak, collector: SpawnedCollector): Promise<string[]> {
  const problems = [...soak.problems];
  console.log(
    columns(['signal', 'pipelines', 'made', 'delivered', 'given up', 'of these arrived', 'duplicates', 'most held']),
  );
  for (const signal of ['traces', 'logs'] as const) {
    const tallies = await collector.talliesOf(signal);
    const pipelines = soak.pipelines.filter((pipeline) => pipeline.signal === signal);
    const sums = { made: 0, delivered: 0, givenUp: 0, givenUpAndArrived: 0, duplicates: 0 };
    const known = new Set<string>();
    for (const pipeline of pipelines) {
      const tally = tallies.get(pipeline.prefix) ?? NOTHING_ARRIVED;
      const { metrics, made } = pipeline;
      known.add(pipeline.prefix);
      problems.push(...pipeline.problemsAtEnd(tally));
      sums.made += made;
      sums.delivered += tally.unique;
      sums.givenUp += made - metrics.eventsFlushed;
      sums.givenUpAndArrived += tally.unique - metrics.eventsFlushed;
      sums.duplicates += tally.duplicates;
    }
    for (const prefix of tallies.keys())
      if (!known.has(prefix)) problems.push(`${signal}: ids with ${prefix} arrived that nobody made`);
    // A pipeline that gives up all items could still have correct counters.
    if (sums.made > 0 && sums.delivered === 0) problems.push(`${signal}: none of ${sums.made} items arrived`);
    const share = Math.max(...pipelines.map(({ mostBytesShare }) => mostBytesShare));
    console.log(
      columns([signal, pipelines.length, ...Object.values(sums), `${Math.round(100 * share)} % of the limit`]),
    );
    console.log(`        given up: ${reasonsOf(soak, signal)}`);
  }
  console.log(`periods: ${[...soak.weather.seen].map(([period, count]) => `${count} ${period}`).join(', ')}`);
  return problems;
}

function reasonsOf({ pipelines }: Soak, signal: EventSignal): string {
  const sums = new Map<string, number>();
  for (const { metrics, signal: itsSignal } of pipelines) {
    if (itsSignal !== signal) continue;
    for (const [reason, count] of [
      ...Object.entries(metrics.droppedByReason),
      ['not built', metrics.eventsNotBuilt] as const,
    ]) {
      if (count > 0) sums.set(reason, (sums.get(reason) ?? 0) + count);
    }
  }
  return [...sums].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'nothing';
}

function columns(cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => String(cell).padEnd(COLUMN_WIDTH))
    .join('')
    .trimEnd();
}
