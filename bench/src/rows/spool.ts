import { converse } from '../child-process.ts';
import type { SpoolFigures, SpoolMessage, StoringCost } from '../spool/protocol.ts';
import { median } from '../statistics.ts';
import { judge, type Row } from './row.ts';

const SPOOL_BENCH = new URL('../spool/main.ts', import.meta.url);
const RUNS = 3;
const TIMEOUT_MILLIS = 180_000;

/** What it costs to store requests, beside databases, and to read them back. */
export const spool: Row = {
  name: 'spool',
  title: 'requests of 512 spans as in production, stored in files and read back',
  async run({ runs = RUNS, variants, progress }) {
    if (!variants.includes('spillway'))
      return { lines: [], runs: [], samples: [], problems: [], note: 'skipped: Spillway only' };
    const results: SpoolFigures[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      results.push(await measureSpool());
    }
    const encoding = median(results.map(({ encodingMicros }) => encodingMicros));
    const middle = (way: string, figure: keyof StoringCost): number =>
      median(results.map(({ ways }) => ways[way]?.[figure] ?? Number.NaN));
    const append = middle('spool', 'mainThreadMicros');
    return {
      lines: [
        { figure: 'to encode a span, main thread', unit: 'micros', spillway: encoding },
        {
          figure: 'spool: CPU of an append, a span, main thread',
          unit: 'micros',
          spillway: append,
          target: 'less than the encoding',
          ...judge((ours, theirs) => ours < theirs, append, encoding),
        },
        ...Object.keys(results[0]?.ways ?? {}).flatMap((way) => [
          ...(way === 'spool'
            ? []
            : [
                {
                  figure: `${way}: CPU of an append, a span, main thread`,
                  unit: 'micros' as const,
                  spillway: middle(way, 'mainThreadMicros'),
                },
              ]),
          {
            figure: `${way}: CPU of an append, a span, process`,
            unit: 'micros' as const,
            spillway: middle(way, 'processMicros'),
          },
          { figure: `${way}: appended a second`, unit: 'spans' as const, spillway: middle(way, 'spansPerSecond') },
          {
            figure: `${way}: disk used for each byte stored`,
            unit: 'factor' as const,
            spillway: middle(way, 'diskBytesPerByte'),
          },
        ]),
        {
          figure: 'spool: CPU of a replay, a span, process',
          unit: 'micros',
          spillway: median(results.map(({ replayMicros }) => replayMicros)),
        },
        {
          figure: 'spool: replayed a second',
          unit: 'spans',
          spillway: median(results.map(({ replaySpansPerSecond }) => replaySpansPerSecond)),
        },
      ],
      runs: results.map((figures, index) => ({ variant: 'spillway', run: index + 1, figures })),
      samples: [],
      problems: [],
    };
  },
};

async function measureSpool(): Promise<SpoolFigures> {
  let figures: SpoolFigures | undefined;
  await converse<SpoolMessage>(SPOOL_BENCH, {
    task: {},
    timeoutMillis: TIMEOUT_MILLIS,
    onMessage(message) {
      if (message.kind === 'error') throw new Error(`the spool bench failed: ${message.message}`);
      if (message.kind !== 'report') return false;
      figures = message.report;
      return true;
    },
  });
  if (figures === undefined) throw new Error('the spool bench ended without figures');
  return figures;
}
