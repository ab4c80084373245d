import type { Destination } from '@spillway/backpressure';
import { expect, describe, it, vi } from 'vitest';
import { destinationAt } from '../src/destinations.ts';
import { createFetchTransport } from '../../otlp/src/transport/fetch-transport.ts';
import { createHttpTransport } from '../../otlp/src/transport/http-transport.node.ts';
import { collectGarbage } from '../../otlp/test/buffer/collect-garbage.ts';

const entries = (): Map<string, WeakRef<Destination>> =>
  (globalThis as unknown as Record<symbol, Map<string, WeakRef<Destination>>>)[
    Symbol.for('spillway.otlp.destinations/1')
  ] ?? new Map();

describe('the destination of an origin', () => {
  it('is one object for all callers, and another one for another origin', () => {
    const destination = destinationAt('http://collector:4318');
    expect(destinationAt('http://collector:4318')).toBe(destination);
    expect(destinationAt('http://collector:4319')).not.toBe(destination);
  });

  it('is not shared if the origin is unknown', () => {
    expect(destinationAt(undefined)).not.toBe(destinationAt(undefined));
  });

  it('is not shared on a platform without weak references, because it would never be freed', () => {
    const size = entries().size;
    vi.stubGlobal('WeakRef', undefined);
    try {
      expect(destinationAt('http://weak:4318')).not.toBe(destinationAt('http://weak:4318'));
    } finally {
      vi.unstubAllGlobals();
    }
    expect(entries().size).toBe(size);
  });

  it('is forgotten with its last user: of 10 000 origins that came and went, hardly any entry is left', async () => {
    const kept = destinationAt('http://kept:4318');
    for (let index = 0; index < 10_000; index += 1) {
      destinationAt(`http://gone-${index}:4318`);
      if (index % 1_000 === 0) {
        // A weak reference holds its target until the end of the turn in which it was made or read.
        await new Promise((resolve) => setImmediate(resolve));
        collectGarbage();
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    for (let index = 0; entries().size < 4_096 && index < 4_096; index += 1) destinationAt(`http://more-${index}:4318`);
    expect(entries().size).toBeLessThan(5_000);
    expect(destinationAt('http://kept:4318')).toBe(kept);
  });
});

describe.each([
  ['node:http', createHttpTransport],
  ['fetch', createFetchTransport],
])('the origin of a transport over %s', (_, create) => {
  const originOf = (url: string) => create({ url }).origin;

  it('is scheme, host and port, whatever the path and the credentials', () => {
    expect(originOf('http://user:secret@collector:4318/v1/traces')).toBe('http://collector:4318');
    expect(originOf('http://collector:4318/v1/logs?x=1')).toBe('http://collector:4318');
    expect(originOf('https://collector/v1/logs')).toBe(originOf('https://collector:443/v1/traces'));
    expect(originOf('https://collector/v1/logs')).not.toBe(originOf('http://collector/v1/logs'));
  });
});

describe('the origin of a transport through a proxy', () => {
  it.each(['https', 'http'])('names the proxy, but not its password: %s', (scheme) => {
    const proxyEnv = { HTTPS_PROXY: 'http://user:secret@proxy:3128', HTTP_PROXY: 'http://user:secret@proxy:3128' };
    expect(createHttpTransport({ url: `${scheme}://collector/v1/logs`, proxyEnv }).origin).toBe(
      `${scheme}://collector through http://proxy:3128`,
    );
  });
});
