import { pathToFileURL } from 'node:url';
import { installed, type InstrumentedLine } from '@spillway/test/compat';
import type { Variant } from '../application/protocol.ts';
import { printedBy } from '../child-process.ts';
import type { Row } from './row.ts';
import { type StartFigures, startLine } from './start-line.ts';

const RUNS = 9;
const TIMEOUT_MILLIS = 20_000;

type Format = 'esm' | 'cjs';

/** One start of the application. */
interface Start {
  readonly line: InstrumentedLine;
  readonly format: Format;
  readonly variant: Variant;
  readonly run: number;
  readonly figures: StartFigures;
}

const LINES: Readonly<Record<InstrumentedLine, string>> = { auto3: '3.x', auto2: '2.x' };
const FORMATS: Readonly<Record<Format, { readonly app: string; readonly flag: string }>> = {
  esm: { app: 'start-up.mjs', flag: '--import' },
  cjs: { app: 'start-up.cjs', flag: '--require' },
};
const REGISTRATIONS: Readonly<Record<Variant, readonly string[]>> = {
  noop: [],
  upstream: ['@opentelemetry/auto-instrumentations-node/register'],
  spillway: ['@spillway/node/register'],
};

/** Both do the same work: upstream would also detect clouds over the network. Both start all three signals. */
const VARIABLES = {
  OTEL_NODE_RESOURCE_DETECTORS: 'host,os,process,serviceinstance',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
  // The application ends immediately, and its end is not measured.
  SPILLWAY_EXIT: 'none',
};

/** The cost of the zero-code registration before the application's first line. */
export const startUp: Row = {
  name: 'start-up',
  title: 'register, with all instrumentations: to the first line of an application of Express and pino',
  async run({ runs = RUNS, variants, progress }) {
    const lines = Object.keys(LINES) as InstrumentedLine[];
    const formats = Object.keys(FORMATS) as Format[];
    const starts: Start[] = [];
    for (const line of lines) {
      progress(`${LINES[line]}: installing`);
      const directory = await installed(line);
      for (const format of formats) {
        // The first start does not count. After it, the files are in the system's memory and Node's code cache is
        // filled.
        for (const variant of variants) await startOnce(directory, format, variant);
        for (let run = 1; run <= runs; run++) {
          progress(`${LINES[line]}, ${format}: run ${run} of ${runs}`);
          for (const variant of variants)
            starts.push({ line, format, variant, run, figures: await startOnce(directory, format, variant) });
        }
      }
    }
    return {
      lines: lines.flatMap((line) =>
        formats.flatMap((format) => {
          const these = starts.filter((start) => start.line === line && start.format === format);
          const name = `OpenTelemetry ${LINES[line]}, ${format.toUpperCase()}`;
          return [
            startLine(`${name}: wall time`, these, ({ millis }) => millis),
            startLine(`${name}: CPU`, these, ({ cpuMillis }) => cpuMillis),
          ];
        }),
      ),
      runs: starts.map(({ line, format, variant, run, figures }) => ({
        variant,
        run,
        figures: { line: LINES[line], format, ...figures },
      })),
      samples: [],
      problems: [],
    };
  },
};

async function startOnce(directory: string, format: Format, variant: Variant): Promise<StartFigures> {
  const { app, flag } = FORMATS[format];
  const nodeOptions = REGISTRATIONS[variant].flatMap((registration) => [flag, registration]);
  const program = pathToFileURL(`${directory}/${app}`);
  // Messages at the start are part of the start, but they are not shown.
  return JSON.parse(
    await printedBy(program, [], TIMEOUT_MILLIS, nodeOptions, { directory, variables: VARIABLES, isQuiet: true }),
  ) as StartFigures;
}
