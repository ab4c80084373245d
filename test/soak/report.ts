import type { EventSignal, SpawnedCollector } from '../collector/src/index.ts';
import { NOTHING_ARRIVED } from '../faults/accounts.ts';
import type { Soak } from './soak.ts';
import type { Soaked } from './soaked.ts';

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
  problems.push(...(await reportMetrics(soak, collector)));
  console.log(`periods: ${[...soak.weather.seen].map(([period, count]) => `${count} ${period}`).join(', ')}`);
  return problems;
}

/** The items of metrics are data points, so their table counts orders, by which the applications are measured. */
async function reportMetrics({ metrics: applications }: Soak, collector: SpawnedCollector): Promise<string[]> {
  const problems: string[] = [];
  const sums = { made: 0, arrived: 0, repeated: 0 };
  for (const application of applications) {
    const { counter, made } = application;
    // oxlint-disable-next-line no-await-in-loop -- one at a time leaves the receiver room to receive
    const [total, repeated] = await Promise.all([collector.totalOf(counter), collector.repeatedOf(counter)]);
    problems.push(...application.problemsAtEnd({ total, repeated }));
    sums.made += made;
    sums.arrived += total - repeated;
    sums.repeated += repeated;
  }
  if (sums.made > 0 && sums.arrived === 0) problems.push(`metrics: none of ${sums.made} orders arrived`);
  const points = Math.max(...applications.map(({ mostPoints }) => mostPoints));
  const bytes = Math.max(...applications.map(({ mostBytes }) => mostBytes));
  console.log(columns(['signal', 'applications', 'orders', 'arrived', 'arrived again', 'most held']));
  console.log(
    columns(['metrics', applications.length, ...Object.values(sums), `${points} data points, ${bytes} bytes`]),
  );
  console.log(`        data points given up: ${reasonsIn(applications)}`);
  return problems;
}

function reasonsOf({ pipelines }: Soak, signal: EventSignal): string {
  return reasonsIn(pipelines.filter((pipeline) => pipeline.signal === signal));
}

function reasonsIn(pipelines: readonly Soaked[]): string {
  const sums = new Map<string, number>();
  for (const { metrics } of pipelines) {
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
