import { describe, expect, it, onTestFinished } from 'vitest';
import type { OtlpTransport } from '../../src/transport/transport.ts';
import { bodyOf, send } from './sending.ts';

/** What takes the requests of a transport. */
export interface Taker {
  /** @param timeoutMillis as the option of this name */
  create(timeoutMillis?: number): OtlpTransport;
  /** How many requests it has begun to take. */
  readonly taken: () => number;
  /** Lets it take requests, if it has stood still. */
  release(): void;
}

/** The requirements of every transport, whatever it writes to. */
export function describeAttemptContract(
  name: string,
  startTaker: (options: { readonly standsStill: boolean }) => Promise<Taker>,
): void {
  const start = async (options: { standsStill: boolean; timeoutMillis?: number }) => {
    const taker = await startTaker(options);
    const transport = taker.create(options.timeoutMillis);
    onTestFinished(async () => {
      taker.release();
      await transport.shutdown();
    });
    return { taker, transport };
  };

  describe(`${name}: an attempt`, () => {
    it('delivers a request, and one that is empty', async () => {
      const { transport, taker } = await start({ standsStill: false });
      expect(await send(transport, bodyOf())).toEqual({ kind: 'delivered' });
      expect(await send(transport, bodyOf())).toEqual({ kind: 'delivered' });
      expect(taker.taken()).toBe(2);
    });

    it('ends with a time-out if nothing takes the request, and the next one can be delivered', async () => {
      const { transport, taker } = await start({ standsStill: true, timeoutMillis: 300 });
      expect(await send(transport, bodyOf())).toMatchObject({
        kind: 'retry',
        timedOut: true,
        error: { name: 'TimeoutError', message: expect.stringMatching(/did not .* within 300 ms$/) },
      });
      taker.release();
      expect(await send(transport, bodyOf())).toEqual({ kind: 'delivered' });
    });

    it.for([0, Infinity])('has no time-out with timeoutMillis %d', async (timeoutMillis) => {
      const { transport, taker } = await start({ standsStill: true, timeoutMillis });
      setTimeout(() => taker.release(), 30);
      expect(await send(transport, bodyOf())).toEqual({ kind: 'delivered' });
    });

    it('ends immediately if the signal is aborted', async () => {
      const { transport } = await start({ standsStill: true });
      const controller = new AbortController();
      const sending = send(transport, bodyOf(), controller.signal);
      setImmediate(() => controller.abort());
      expect(await sending).toEqual({ kind: 'retry', error: expect.objectContaining({ name: 'AbortError' }) });
    });

    it('sends nothing if the signal is aborted from the start', async () => {
      const { transport, taker } = await start({ standsStill: false });
      expect(await send(transport, bodyOf(), AbortSignal.abort())).toMatchObject({
        kind: 'retry',
        error: { name: 'AbortError' },
      });
      expect(taker.taken()).toBe(0);
    });

    it('sends nothing after shutdown', async () => {
      const { transport, taker } = await start({ standsStill: false });
      await transport.shutdown();
      expect(await send(transport, bodyOf())).toMatchObject({ kind: 'retry', error: { name: 'TransportClosedError' } });
      expect(taker.taken()).toBe(0);
    });

    it('leaves no listener on the signal, whether it ends well or not', async () => {
      const { transport, taker } = await start({ standsStill: true, timeoutMillis: 300 });
      const { signal } = new AbortController();
      const added: string[] = [];
      const removed: string[] = [];
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
        added.push(args[0]);
        addEventListener.apply(signal, args);
      };
      signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
        removed.push(args[0]);
        removeEventListener.apply(signal, args);
      };
      await send(transport, bodyOf(), signal);
      taker.release();
      await send(transport, bodyOf(), signal);
      // A transport that is loaded first has one while it loads, and another one while it sends.
      expect(added).not.toHaveLength(0);
      expect(removed).toEqual(added);
    });
  });
}
