import { halvesOf, itemsIn } from '@spillway/otlp/transport';
import { startTimer, wallTime } from '@spillway/backpressure';
import type { LeavablePipeline, StoredRequest } from '@spillway/pipeline';

/** A pipeline that answers `kept` at once, again and again, must not keep the page from everything else. */
const KEPT_PAUSE_MILLIS = 10;

/** How a delivery ended. `left`: the page or the pipeline ended first. */
export type Delivered = 'settled' | 'left';

/** Has the pipeline send a request until it is settled. What is too large is sent in halves. */
export async function deliver(
  pipeline: LeavablePipeline,
  request: StoredRequest,
  maxAgeMillis: number,
  isEnded: () => boolean,
): Promise<Delivered> {
  let parts: readonly StoredRequest[] = [request];
  for (;;) {
    const [part, ...others] = parts;
    if (part === undefined) return 'settled';
    if (isEnded()) return 'left';
    if (wallTime() - part.storedAt > maxAgeMillis) {
      const left = parts.reduce((sum, { items }) => sum + items, 0);
      pipeline.onLost('expired', left, part.storedBy);
      return 'settled';
    }
    const result = await pipeline.resend(part);
    if (result === 'settled') parts = others;
    else if (result === 'too_large') parts = [...halves(pipeline, part), ...others];
    else {
      // Whoever waited for the request knows now that it has failed.
      const { underWay: _, ...again } = part;
      parts = [again, ...others];
      await pause(KEPT_PAUSE_MILLIS);
    }
  }
}

/** A body that cannot be split is none of this pipeline, and counts as damaged. */
function halves(pipeline: LeavablePipeline, request: StoredRequest): readonly StoredRequest[] {
  const { body, storedBy, storedAt, items } = request;
  try {
    const parts = halvesOf(pipeline.signal, body.chunks[0] ?? new Uint8Array()).map((half) => ({
      items: itemsIn(pipeline.signal, half),
      body: { chunks: [half], byteLength: half.byteLength },
      storedBy,
      storedAt,
    }));
    if (parts.length > 1 && parts.reduce((sum, part) => sum + part.items, 0) === items) return parts;
  } catch {
    // The same as above.
  }
  pipeline.onLost('spool_corrupt', items, storedBy);
  return [];
}

async function pause(millis: number): Promise<void> {
  return new Promise((resolve) => void startTimer(resolve, millis));
}
