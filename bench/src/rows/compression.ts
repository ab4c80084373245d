import { converse } from '../child-process.ts';
import type { CompressionFigures, CompressionMessage } from '../compression/protocol.ts';
import { median } from '../statistics.ts';
import type { Row } from './row.ts';

const COMPRESSION_BENCH = new URL('../compression/main.ts', import.meta.url);
const RUNS = 3;
const TIMEOUT_MILLIS = 180_000;

/** What each way to compress requests costs, together with sending them. */
export const compression: Row = {
  name: 'compression',
  title: 'requests of 2 048 spans as in production, compressed and sent',
  async run({ runs = RUNS, variants, progress }) {
    if (!variants.includes('spillway')) {
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: Spillway only' };
    }
    const results: CompressionFigures[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      results.push(await measureCompression());
    }
    const ways = Object.keys(results[0] ?? {});
    return {
      lines: ways.flatMap((way) => {
        const middle = (figure: keyof CompressionFigures[string]) =>
          median(results.map((result) => result[way]?.[figure] ?? Number.NaN));
        return [
          { figure: `${way}: on the wire, a span`, unit: 'bytes', spillway: middle('bytes') },
          { figure: `${way}: CPU a span, main thread`, unit: 'micros', spillway: middle('mainThreadMicros') },
          { figure: `${way}: CPU a span, process`, unit: 'micros', spillway: middle('processMicros') },
        ] as const;
      }),
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
      samples: [],
      problems: [],
    };
  },
};

async function measureCompression(): Promise<CompressionFigures> {
  let figures: CompressionFigures | undefined;
  await converse<CompressionMessage>(COMPRESSION_BENCH, {
    task: {},
    timeoutMillis: TIMEOUT_MILLIS,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the compression bench failed: ${message.message}`);
      if (message.kind !== 'report') return false;
      figures = message.report;
      return true;
    },
  });
  if (figures === undefined) throw new Error('the compression bench ended without figures');
  return figures;
}
