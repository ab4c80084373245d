import type { Variant } from '../application/protocol.ts';
import { printedBy } from '../child-process.ts';
import type { Row } from './row.ts';
import { type StartFigures, startLine } from './start-line.ts';

const RUNS = 21;
const TIMEOUT_MILLIS = 20_000;

const PROGRAMS = { CJS: 'import.cjs', ESM: 'import.mjs' } as const;
type Format = keyof typeof PROGRAMS;
const FORMATS = Object.keys(PROGRAMS) as Format[];

/** A processor and an exporter of traces. Both import OpenTelemetry's API. */
const PACKAGES: Readonly<Record<Variant, readonly string[]>> = {
  noop: [],
  upstream: ['@opentelemetry/sdk-trace', '@opentelemetry/exporter-trace-otlp-proto'],
  spillway: ['@spillway/trace'],
};

/** One process. */
interface Import {
  readonly format: Format;
  readonly variant: Variant;
  readonly run: number;
  readonly figures: StartFigures;
}

/** What an application pays for the import alone, before it constructs anything. */
export const importTime: Row = {
  name: 'import-time',
  title: 'a process that imports the processor and the exporter of traces, until it has them',
  async run({ runs = RUNS, variants, progress }) {
    const imports: Import[] = [];
    // The first round does not count. After it, the files are in the system's memory.
    for (let run = 0; run <= runs; run++) {
      progress(`round ${run} of ${runs}`);
      for (const format of FORMATS)
        for (const variant of variants)
          imports.push({ format, variant, run, figures: await importOnce(format, variant) });
    }
    const counted = imports.filter(({ run }) => run > 0);
    return {
      lines: FORMATS.flatMap((format) => {
        const these = counted.filter((one) => one.format === format);
        return [
          startLine(`${format}: wall time`, these, ({ millis }) => millis),
          startLine(`${format}: CPU`, these, ({ cpuMillis }) => cpuMillis),
        ];
      }),
      runs: counted.map(({ format, variant, run, figures }) => ({ variant, run, figures: { format, ...figures } })),
      samples: [],
      problems: [],
    };
  },
};

async function importOnce(format: Format, variant: Variant): Promise<StartFigures> {
  const program = new URL(`../import-time/${PROGRAMS[format]}`, import.meta.url);
  return JSON.parse(await printedBy(program, PACKAGES[variant], TIMEOUT_MILLIS)) as StartFigures;
}
