import { spawnCollector, type Fault } from '@spillway/test/collector';
import type { Variant } from '../application/protocol.ts';
import { printedBy } from '../child-process.ts';
import type { PinoFigures, PinoLoad } from '../pino/protocol.ts';
import { median } from '../statistics.ts';
import type { Line, Row, RunRecord, Unit } from './row.ts';

const PINO_BENCH = new URL('../pino/main.ts', import.meta.url);
const RUNS = 3;
const TIMEOUT_MILLIS = 60_000;
/** Nobody listens there: the port of `discard`, which no machine has open today. */
const DEAD_COLLECTOR = 'http://127.0.0.1:9';

interface Situation {
  readonly name: string;
  readonly load: PinoLoad;
  readonly fault?: Fault;
  readonly isDead?: boolean;
}

const STEADY: Situation = {
  name: '10 000 lines/s for 3 s, collector answers at once',
  load: { lines: 30_000, linesPerTurn: 50, turnMillis: 5 },
};
const BURST: Situation = {
  name: '100 000 lines as fast as possible',
  load: { lines: 100_000, linesPerTurn: 1_000, turnMillis: 0 },
};
const SITUATIONS: readonly Situation[] = [
  STEADY,
  { ...STEADY, name: 'the same, collector answers after 1 s', fault: { kind: 'latency', millis: 1_000 } },
  { ...STEADY, name: 'the same, no collector', isDead: true },
  BURST,
];

interface Outcome extends PinoFigures {
  readonly situation: string;
  readonly lines: number;
  readonly delivered: number;
}

type OutcomeRecord = RunRecord & { readonly figures: Outcome };

/** The transport of each variant, with its defaults; the no-op writes lines to a file that keeps nothing. */
function transportOf(variant: Variant, url: string): object {
  if (variant === 'noop') return { target: 'pino/file', options: { destination: '/dev/null' } };
  if (variant === 'spillway') return { target: '@spillway/pino', options: { exporter: { url } } };
  const exporterOptions = { protocol: 'http/protobuf', protobufExporterOptions: { url } };
  const logRecordProcessorOptions = { recordProcessorType: 'batch', exporterOptions };
  return { target: 'pino-opentelemetry-transport', options: { loggerName: 'bench', logRecordProcessorOptions } };
}

/** One line of the table for each situation. */
interface Figure {
  readonly name: string;
  readonly unit: Unit;
  readonly of: (outcome: Outcome) => number;
  /** Of several runs. Default: the median. */
  readonly combine?: (values: readonly number[]) => number;
  /** Default: every situation, and only variants that export. */
  readonly onlyIn?: Situation;
  readonly hasNoop?: boolean;
}

const FIGURES: readonly Figure[] = [
  {
    name: 'lost',
    unit: 'percent',
    of: ({ lines, delivered }) => (100 * (lines - delivered)) / lines,
    combine: (values) => Math.max(...values),
  },
  { name: 'end of the process', unit: 'millis', of: ({ endMillis }) => endMillis },
  {
    name: 'CPU of all threads for a line that arrived',
    unit: 'micros',
    of: ({ cpuMillis, delivered }) => (1_000 * cpuMillis) / delivered,
    onlyIn: STEADY,
    hasNoop: true,
  },
  {
    name: 'logged by the application',
    unit: 'per second',
    of: ({ lines, loggedMillis }) => (1_000 * lines) / loggedMillis,
    onlyIn: BURST,
    hasNoop: true,
  },
  {
    name: 'delivered',
    unit: 'per second',
    of: ({ delivered, loggedMillis, endMillis }) => (1_000 * delivered) / (loggedMillis + endMillis),
    onlyIn: BURST,
  },
];

/** The transports of pino: what they cost the application, what they lose, and how long the end of the process takes. */
export const pino: Row = {
  name: 'pino',
  title: 'lines of pino, `process.exit()` right after the last one; OpenTelemetry is `pino-opentelemetry-transport`',
  async run({ runs = RUNS, variants, progress }) {
    const records: OutcomeRecord[] = [];
    for (let run = 1; run <= runs; run += 1) {
      for (const situation of SITUATIONS) {
        for (const variant of variants) {
          if (variant === 'noop' && situation !== STEADY && situation !== BURST) continue;
          progress(`run ${run} of ${runs}, ${variant}: ${situation.name}`);
          // oxlint-disable-next-line no-await-in-loop -- the variants take turns
          records.push({ variant, run, figures: await runOnce(situation, variant) });
        }
      }
    }
    return {
      lines: SITUATIONS.flatMap((situation) =>
        FIGURES.filter(({ onlyIn = situation }) => onlyIn === situation).map((figure) =>
          lineOf(figure, situation, variants, records),
        ),
      ),
      runs: records,
      samples: [],
      problems: records.flatMap(({ variant, run, figures: { lines, delivered, situation } }) =>
        delivered > lines ? [`${variant}, run ${run}, ${situation}: ${delivered} of ${lines} lines arrived`] : [],
      ),
    };
  },
};

function lineOf(
  { name, unit, of, combine = median, hasNoop = false }: Figure,
  situation: Situation,
  variants: readonly Variant[],
  records: readonly OutcomeRecord[],
): Line {
  const shown = variants.filter((variant) => hasNoop || variant !== 'noop');
  const figures = shown.map((variant) => {
    const own = records.filter((one) => one.variant === variant && one.figures.situation === situation.name);
    return [variant, combine(own.map((one) => of(one.figures)))];
  });
  return { figure: `${situation.name}: ${name}`, unit, ...Object.fromEntries(figures) };
}

async function runOnce({ name, load, fault, isDead }: Situation, variant: Variant): Promise<Outcome> {
  await using collector = await spawnCollector();
  await collector.setFault(fault);
  const url = `${isDead === true ? DEAD_COLLECTOR : collector.url}/v1/logs`;
  const args = [JSON.stringify(transportOf(variant, url)), JSON.stringify(load)];
  const figures = JSON.parse(await printedBy(PINO_BENCH, args, TIMEOUT_MILLIS, [], { isQuiet: true })) as PinoFigures;
  const { items } = await collector.countsOf('logs');
  return { situation: name, lines: load.lines, delivered: variant === 'noop' ? load.lines : items, ...figures };
}
