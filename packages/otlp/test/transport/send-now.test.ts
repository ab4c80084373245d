import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jsonBody } from '../../src/transport/body-encoding.ts';
import { createFetchTransport } from '../../src/transport/fetch-transport.ts';
import { bodyOf } from './sending.ts';

/** A call of `fetch`, held open until the test answers it. */
interface HeldFetch {
  readonly init: RequestInit;
  answer(response: Response): void;
}

describe('a request of a page that is left', () => {
  let fetches: HeldFetch[];

  beforeEach(() => {
    fetches = [];
    vi.stubGlobal('document', {});
    vi.stubGlobal(
      'fetch',
      (_url: string, init: RequestInit) => new Promise((answer) => fetches.push({ init, answer })),
    );
  });
  afterEach(() => {
    // The quota is the page's, and the next test has the same page.
    for (const { answer } of fetches) answer(new Response());
    vi.unstubAllGlobals();
  });

  const body = (bytes = 100) => bodyOf(new Uint8Array(bytes));

  it('starts before the call returns, uncompressed, with the headers that are known', async () => {
    const headers = vi.fn<() => Promise<Record<string, string>>>(async () => ({ authorization: 'Bearer new' }));
    const transport = createFetchTransport({ url: 'http://localhost', compression: 'gzip', headers });
    const bytes = new Uint8Array(2_000).fill(7);
    const outcome = transport.sendNow?.(bodyOf(bytes));
    expect(fetches).toHaveLength(1);
    expect(fetches[0]?.init).toMatchObject({ method: 'POST', keepalive: true });
    expect(fetches[0]?.init.headers).not.toHaveProperty('content-encoding');
    // The pipeline uses its memory again.
    bytes.fill(9);
    expect(fetches[0]?.init.body).toEqual(new Uint8Array(2_000).fill(7));
    fetches[0]?.answer(new Response());
    expect(await outcome).toEqual({ kind: 'delivered' });
  });

  it.each([
    [503, 'throttled'],
    [400, 'refused'],
    [413, 'too_large'],
  ])('has the outcome of an answer of %i: %s', async (status, kind) => {
    const outcome = createFetchTransport({ url: 'http://localhost' }).sendNow?.(body());
    fetches[0]?.answer(new Response(null, { status }));
    expect(await outcome).toMatchObject({ kind });
  });

  it('does not start if the quota of the page is used up, whoever has used it', async () => {
    const first = createFetchTransport({ url: 'http://localhost' });
    const second = createFetchTransport({ url: 'http://other' });
    const outcome = first.sendNow?.(body(40 * 1024));
    expect(second.sendNow?.(body(21 * 1024))).toBeUndefined();
    expect(second.sendNow?.(body(20 * 1024))).toBeDefined();
    fetches[0]?.answer(new Response());
    await outcome;
    expect(second.sendNow?.(body(40 * 1024))).toBeDefined();
  });

  it('does not start if nine are under way', () => {
    const transport = createFetchTransport({ url: 'http://localhost' });
    const started = Array.from({ length: 10 }, () => transport.sendNow?.(body()) !== undefined);
    expect(started).toEqual([...Array.from({ length: 9 }, () => true), false]);
  });

  it('does not start if the body is larger than a request may be', async () => {
    const transport = createFetchTransport({ url: 'http://localhost', maxRequestBytes: 99 });
    expect(await transport.sendNow?.(body())).toMatchObject({ kind: 'too_large' });
    expect(fetches).toEqual([]);
  });

  it('does not start outside a page, after a shutdown, or if JSON has to be made first', async () => {
    const json = createFetchTransport({ url: 'http://localhost' }, jsonBody('traces'));
    expect(json.sendNow?.(body())).toBeUndefined();
    const closed = createFetchTransport({ url: 'http://localhost' });
    await closed.shutdown();
    expect(closed.sendNow?.(body())).toBeUndefined();
    vi.unstubAllGlobals();
    expect(createFetchTransport({ url: 'http://localhost' }).sendNow?.(body())).toBeUndefined();
  });
});
