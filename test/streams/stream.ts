import { pipeline } from 'node:stream/promises';
import { BackpressureController } from '@spillway/backpressure';
import { toNodeWritable } from '@spillway/backpressure/node';

/** The same as a stream into a controller. */
export async function store<Row>(
  source: AsyncIterable<Row>,
  save: (rows: Row[], signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const rows = new BackpressureController<Row>(
    async (batch, { signal }) => {
      await save(batch, signal);
      return { kind: 'delivered' };
    },
    { batchSize: 100, maxBufferSize: 1_000, retry: { initialBackoffMs: 1 } },
  );
  try {
    await pipeline(source, toNodeWritable(rows));
  } finally {
    await rows.close();
  }
}
