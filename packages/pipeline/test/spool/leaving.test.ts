import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FlushOutcome } from '@spillway/backpressure';
import type { LeavablePipeline, RequestSpool, RequestToStore, SpoolPlace, StoredRequest } from '@spillway/pipeline';
import { advance, resetClock, settle } from '../../../backpressure/test/fake-clock.ts';
import { setRandom } from '../../../backpressure/test/fake-random.ts';
import { delivered, numbers, retry, unreachable } from '../../../backpressure/test/held-consumer.ts';
import { idsInRequest } from './sample-requests.ts';
import { HeldCollector, sorted, spooledPipeline } from './spooled-pipeline.ts';

vi.mock('../../../backpressure/src/clock.ts', () => import('../../../backpressure/test/fake-clock.ts'));
vi.mock('../../../backpressure/src/random.ts', () => import('../../../backpressure/test/fake-random.ts'));
beforeEach(() => {
  resetClock();
  setRandom();
});

/** The spool of a page: sends each request at once, and lets the pipeline know what becomes of it. */
class LeavingSpool implements RequestSpool {
  pipeline: LeavablePipeline | undefined;
  readonly results: string[] = [];
  refused = 0;

  join(pipeline: LeavablePipeline): SpoolPlace {
    this.pipeline = pipeline;
    return {
      store: (request) => this.#store(pipeline, request),
      whenWritten: async () => true,
      isEmpty: true,
      getMetrics: () => ({ items: 0, bytes: 0, oldestStoredAt: undefined, takenOver: 0 }),
      onReady: () => () => {},
      close: async () => {},
      closeNow() {},
    };
  }

  #store(pipeline: LeavablePipeline, { items, body }: RequestToStore): boolean {
    const copy = { chunks: body.chunks.map((chunk) => chunk.slice()), byteLength: body.byteLength };
    const underWay = pipeline.sendNow(copy);
    if (underWay === undefined) {
      this.refused += 1;
      return false;
    }
    const request: StoredRequest = { items, body: copy, storedBy: 'here', storedAt: 0, underWay };
    void pipeline.resend(request).then((result) => this.results.push(result));
    return true;
  }
}

/** A pipeline whose transport can send before a call returns. */
function leavable() {
  const spool = new LeavingSpool();
  const now: { readonly ids: readonly number[]; answer(outcome?: FlushOutcome): void }[] = [];
  const collector = new HeldCollector(
    {},
    {
      sendNow: (body) =>
        new Promise((resolve) =>
          now.push({ ids: idsInRequest(body), answer: (outcome = delivered) => resolve(outcome) }),
        ),
    },
  );
  return { spool, now, ...spooledPipeline({ spool, scheduledDelayMillis: 60_000 }, collector) };
}

describe('a pipeline of a page that is left', () => {
  it('sends everything before the call returns, in requests of the given size, where a larger item goes alone', async () => {
    const { spool, now, offer, metrics, pipeline } = leavable();
    offer(...numbers(1, 9));
    expect(spool.pipeline?.spill(1)).toBe(true);
    expect(now.map(({ ids }) => ids)).toEqual(numbers(1, 9).map((id) => [id]));
    expect(metrics()).toMatchObject({ bufferSize: 0, eventsFlushed: 0 });
    for (const { answer } of now) answer();
    await settle();
    expect(spool.results).toEqual(numbers(1, 9).map(() => 'settled'));
    expect(metrics()).toMatchObject({ eventsAccepted: 9, eventsFlushed: 9, eventsSpilled: 0 });
    await pipeline.shutdown();
  });

  it('sends nothing twice, and sends again what has failed', async () => {
    const { spool, now, offer, collector, metrics, pipeline } = leavable();
    offer(...numbers(1, 4));
    spool.pipeline?.spill(Infinity);
    now[0]?.answer(retry);
    await settle();
    expect(spool.results).toEqual(['kept']);
    expect(metrics()).toMatchObject({ eventsFlushed: 0, eventsSpilled: 4 });
    expect(collector.requests).toEqual([]);
    await pipeline.shutdown(1);
  });

  it('does not send so while nothing gets through, so that the items can be kept instead', async () => {
    const { spool, now, offer, collector, pipeline } = leavable();
    collector.answerAll(() => unreachable);
    offer(...numbers(1, 40));
    void pipeline.forceFlush({ timeoutMillis: 5_000 }).catch(() => {});
    await advance(6_000);
    expect(spool.pipeline?.spill(Infinity)).toBe(false);
    expect([now.length, spool.refused > 0]).toEqual([0, true]);
    collector.answerAll(() => delivered);
    await advance(10_000);
    expect(sorted(collector.arrived)).toEqual(numbers(1, 40));
    await pipeline.shutdown();
  });
});
