import { spawnCollector } from '@spillway/test/collector';
import { type CorePair, corePair, NO_CORE_PAIR, pinToCore } from '../cores.ts';
import { buildGoProgram, type GoFigures, goVersion, runGoProgram } from '../go/go-program.ts';
import type { ScenarioRun } from '../scenario.ts';
import { receiverOf, urlAt } from '../signal.ts';
import { median, medianAbove } from '../statistics.ts';
import { judge, type Line, type Row, type RowResult } from './row.ts';
import { cpuMicrosPerItem, itemsPerSecond, saturate, SETUPS, WARM_UP_SECONDS } from './saturation.ts';

const RUNS = 3;
const SECONDS = 3;
/** Of what Go's exporter adds to a span. */
const ALLOWED_PART = 4;

/** Each SDK with a processor that does nothing, and with one that exports. */
interface Round {
  readonly go: { readonly noop: GoFigures; readonly exporting: GoFigures };
  readonly javaScript: { readonly noop: ScenarioRun; readonly exporting: ScenarioRun };
  readonly problems: readonly string[];
}

/** What Go's exporter adds to a span of Go's SDK, and Spillway to a span of JavaScript's. */
export const go: Row = {
  name: 'go',
  signal: 'traces',
  title:
    "as many spans as one core can make and export: OpenTelemetry's SDK for Go (`other`), and the one for JavaScript",
  async run({ runs = RUNS, seconds = SECONDS, variants, progress }) {
    if (!variants.includes('spillway') || !variants.includes('noop')) return skipped('needs noop and spillway');
    const version = goVersion();
    if (version === undefined) return skipped('there is no `go` in the PATH');
    const cores = corePair();
    if (cores === undefined) return skipped(NO_CORE_PAIR);
    progress('building the program in Go');
    buildGoProgram();
    const rounds: Round[] = [];
    for (let round = 1; round <= runs; round++) {
      progress(`run ${round} of ${runs}`);
      rounds.push(await measureRound(cores, seconds));
    }
    return {
      lines: linesOf(rounds),
      runs: rounds.map(({ go: inGo, javaScript: { noop, exporting } }, index) => ({
        variant: 'spillway',
        run: index + 1,
        figures: { go: inGo, noop: noop.report.measured, spillway: exporting.report.measured },
      })),
      samples: [],
      problems: rounds.flatMap(({ problems }, index) => problems.map((problem) => `run ${index + 1}: ${problem}`)),
      note: version,
    };
  },
};

function skipped(reason: string): RowResult {
  return { lines: [], runs: [], samples: [], problems: [], note: `skipped: ${reason}` };
}

async function measureRound(cores: CorePair, seconds: number): Promise<Round> {
  const noop = await runGoProgram(cores.application, seconds, WARM_UP_SECONDS, undefined);
  const { figures: exporting, problems } = await exportFromGo(cores, seconds);
  const javaScript = {
    noop: await saturate('traces', SETUPS.noop, cores, seconds),
    exporting: await saturate('traces', SETUPS.spillway, cores, seconds),
  };
  return { go: { noop, exporting }, javaScript, problems: [...problems, ...javaScript.exporting.accounting.problems] };
}

/** A pipeline that loses spans would look cheap. */
async function exportFromGo(
  cores: CorePair,
  seconds: number,
): Promise<{ figures: GoFigures; problems: readonly string[] }> {
  await using receiver = await spawnCollector(receiverOf('traces'));
  if (receiver.pid !== undefined) pinToCore(receiver.pid, cores.receiver);
  const figures = await runGoProgram(cores.application, seconds, WARM_UP_SECONDS, urlAt(receiver, 'traces'));
  const { unique } = await receiver.counts();
  const problems = unique === figures.made ? [] : [`Go made ${figures.made} spans, and ${unique} of them arrived`];
  return { figures, problems };
}

function linesOf(rounds: readonly Round[]): readonly Line[] {
  const inGo = (pipeline: keyof Round['go']) => rounds.map((round) => round.go[pipeline]);
  const inJavaScript = (pipeline: keyof Round['javaScript']) => rounds.map((round) => round.javaScript[pipeline]);
  const goMicros = inGo('noop').map(goMicrosPerSpan);
  const javaScriptMicros = inJavaScript('noop').map(cpuMicrosPerItem);
  const addedInGo = medianAbove(inGo('exporting').map(goMicrosPerSpan), goMicros) ?? Number.NaN;
  const added = medianAbove(inJavaScript('exporting').map(cpuMicrosPerItem), javaScriptMicros) ?? Number.NaN;
  return [
    {
      figure: 'CPU of a span that is not exported',
      unit: 'micros',
      noop: median(javaScriptMicros),
      other: median(goMicros),
    },
    {
      figure: 'CPU added per exported span',
      unit: 'micros',
      other: addedInGo,
      spillway: added,
      target: `at most 1/${ALLOWED_PART} of Go's`,
      ...judge((ours, theirs) => ours <= theirs / ALLOWED_PART, added, addedInGo),
    },
    {
      figure: 'spans exported on one core',
      unit: 'per second',
      other: median(inGo('exporting').map(({ spans, seconds }) => spans / seconds)),
      spillway: median(inJavaScript('exporting').map(itemsPerSecond)),
    },
  ];
}

function goMicrosPerSpan({ cpuMicros, spans }: GoFigures): number {
  return cpuMicros / spans;
}
