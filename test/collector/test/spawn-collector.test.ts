import { fork } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SpawnedCollector, spawnCollector } from '../src/index.ts';
import { logBody, traceBody } from './bodies.ts';
import { failureOf, post } from './client.ts';

describe('a collector in its own process', () => {
  let collector: SpawnedCollector;

  beforeAll(async () => {
    collector = await spawnCollector({ decode: 'ids' });
  });
  beforeEach(() => collector.reset());
  afterAll(() => collector.close());

  it('receives items, and reports missing and duplicate ones', async () => {
    const sent = traceBody(20);
    const unsent = traceBody(2);

    await post(collector.url, sent.body);
    await post(collector.url, gzipSync(traceBody(5).body), { headers: { 'content-encoding': 'gzip' } });
    await collector.until(({ items }) => items === 25);

    expect(await collector.missing([...sent.ids, ...unsent.ids])).toEqual(unsent.ids);
    expect(await collector.duplicates()).toEqual([]);
    await post(collector.url, sent.body);
    expect(new Set(await collector.duplicates())).toEqual(new Set(sent.ids));
    expect(await collector.duplicates(3)).toHaveLength(3);
    expect(await collector.counts()).toMatchObject({ requests: 3, items: 45, unique: 25, duplicates: 20 });
  });

  it('counts each signal separately, and the log records without their span', async () => {
    const { body, spanContexts } = traceBody(2);
    await post(collector.url, body);
    await post(collector.url, logBody(['a', 'b', 'b'], spanContexts), { path: '/v1/logs' });

    expect(await collector.countsOf('traces')).toEqual({ items: 2, unique: 2, duplicates: 0 });
    expect(await collector.countsOf('logs')).toEqual({ items: 3, unique: 2, duplicates: 1 });
    expect(await collector.orphanedLogRecords()).toBe(1);
  });

  it('can be asked about more ids than one message holds', async () => {
    const sent = traceBody(3);
    await post(collector.url, sent.body);
    const others = Array.from({ length: 45_000 }, (_, index) => index.toString(16).padStart(16, '0'));

    expect(await collector.missing([...others, ...sent.ids])).toEqual(others);
  });

  it('takes queued and standing faults, and all requests share one limited fault', async () => {
    const { body } = traceBody(1);
    await collector.setFault({ kind: 'status', code: 503, retryAfter: '1' });
    await collector.queueFaults({ kind: 'status', code: 429 }, undefined);

    const statuses = [];
    for (let request = 0; request < 3; request += 1) statuses.push((await post(collector.url, body)).status);
    expect(statuses).toEqual([429, 200, 503]);

    await collector.setFault({ kind: 'limited', concurrency: 1, serviceMillis: 40 });
    const start = performance.now();
    await Promise.all([post(collector.url, body), post(collector.url, body), post(collector.url, body)]);
    expect(performance.now() - start).toBeGreaterThanOrEqual(117);

    const records = await collector.requests();
    expect(records.map(({ status }) => status)).toEqual([429, 200, 503, 200, 200, 200]);
    expect(records.slice(3).map(({ inFlight }) => inFlight)).toEqual([1, 2, 3]);
  });

  it('refuses a bad fault when it is set', async () => {
    await expect(collector.setFault({ kind: 'latency', millis: Number.NaN })).rejects.toThrow('latency.millis');
    await expect(collector.queueFaults({ kind: 'status', code: 99 })).rejects.toThrow('status.code');
  });

  it('reports how busy it is', async () => {
    const load = await collector.load();

    expect(load.cpuMillis).toBeGreaterThanOrEqual(0);
    expect(load.eventLoopUtilization).toBeGreaterThanOrEqual(0);
    expect(load.eventLoopUtilization).toBeLessThanOrEqual(1);
  });

  it('rejects a wait after its time-out, with the counts', async () => {
    await expect(collector.until(() => false, { timeoutMillis: 30 })).rejects.toThrow(
      /30 ms have passed.*"requests":0/,
    );
  });
});

describe('the process of a collector', () => {
  it('ends with close, which may be called twice', async () => {
    const collector = await spawnCollector();
    await collector.close();
    await collector.close();

    expect(isAlive(collector.pid!)).toBe(false);
    await expect(collector.counts()).rejects.toThrow('the collector has ended');
  });

  it('does not start if its port is taken', async () => {
    await using collector = await spawnCollector({ decode: 'ids' });
    const port = Number(new URL(collector.url).port);

    await expect(spawnCollector({ port })).rejects.toThrow(/did not start.*EADDRINUSE/);
  });

  it('makes pending calls reject when it dies', async () => {
    const collector = await spawnCollector({ decode: 'ids' });
    process.kill(collector.pid!, 'SIGSTOP');
    const failure = failureOf(collector.counts());
    process.kill(collector.pid!, 'SIGKILL');
    expect(String(await failure)).toContain('the collector has ended');
  });

  it('ends when its parent is killed', async () => {
    const parent = fork(new URL('fixtures/parent.ts', import.meta.url), { execArgv: [] });
    const [{ pid }] = await once(parent, 'message');
    expect(isAlive(pid)).toBe(true);

    parent.kill('SIGKILL');

    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });

  it('survives Ctrl-C, so that the parent gets its report', async () => {
    await using collector = await spawnCollector({ decode: 'ids' });
    process.kill(collector.pid!, 'SIGINT');

    expect(await collector.counts()).toMatchObject({ requests: 0 });
  });

  it('is not kept alive by a collector that was closed while it held requests', async () => {
    const child = fork(new URL('fixtures/close-and-end.ts', import.meta.url), { execArgv: [], stdio: 'pipe' });
    const [[code], [message]] = await Promise.all([once(child, 'exit'), once(child, 'message')]);

    expect(message).toEqual({ openBefore: 4, resourcesAfter: [] });
    expect(code).toBe(0);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
