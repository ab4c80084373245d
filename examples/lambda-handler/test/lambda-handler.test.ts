import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Collector, startCollector } from '@spillway/test/collector';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Invocation, Outcome } from './runtime.ts';

const RUNTIME = fileURLToPath(new URL('runtime.ts', import.meta.url));

// Runs the built packages.
describe('the example of a Lambda handler', () => {
  let collector: Collector;
  let environment: ChildProcess;

  beforeEach(async () => {
    collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_LOG_LEVEL: 'none', SPILLWAY_DRAIN_TIMEOUT: '300' };
    environment = fork(RUNTIME, { env, execArgv: [], stdio: 'inherit' });
  });

  afterEach(async () => {
    environment.kill('SIGKILL');
    if (environment.exitCode === null) await once(environment, 'exit');
    await collector.close();
  });

  /** The process runs only while it is invoked. */
  async function invoke(invocation: Partial<Invocation> = {}): Promise<Outcome> {
    environment.kill('SIGCONT');
    environment.send({ id: 'a', grams: 1_500, timeoutMillis: 30_000, ...invocation });
    const [outcome] = (await once(environment, 'message')) as [Outcome];
    environment.kill('SIGSTOP');
    return outcome;
  }

  const arrived = (): unknown[] =>
    collector
      .spans()
      .map(({ span }) => span.attributes.find(({ key }) => key === 'faas.invocation_id')?.value?.stringValue);

  it('has sent the spans of an invocation before the process is frozen', async () => {
    for (const id of ['a', 'b', 'c']) {
      expect(await invoke({ id })).toMatchObject({ cents: 375 });
      expect(arrived()).toContain(id);
    }
    expect(collector.counts()).toMatchObject({ unique: 3, duplicates: 0 });
  });

  it('sends the span of an invocation that fails', async () => {
    expect(await invoke({ grams: 30_000 })).toMatchObject({ error: 'RangeError: 30000 g is too heavy' });
    expect(collector.spans()[0]?.span.status).toMatchObject({ code: 2, message: 'RangeError: 30000 g is too heavy' });
  });

  it('does not make the caller wait long for a slow collector, and loses no span', async () => {
    await invoke({ id: 'warm' });
    collector.queueFaults({ kind: 'latency', millis: 1_000 });
    const { cents, millis } = await invoke({ id: 'slow' });
    expect(cents).toBe(375);
    expect(millis).toBeLessThan(900);
    expect(arrived()).toEqual(['warm']);

    await invoke({ id: 'next' });
    await collector.until(() => collector.counts().unique === 3);
    expect(arrived()).toEqual(expect.arrayContaining(['warm', 'slow', 'next']));
  });

  it('sends spans that a failing collector did not take during a later invocation', async () => {
    collector.setFault({ kind: 'status', code: 503 });
    expect(await invoke({ id: 'refused' })).toMatchObject({ cents: 375 });
    expect(arrived()).toEqual([]);

    collector.setFault(undefined);
    // An invocation may fall into a backoff.
    for (let count = 1; !arrived().includes('refused'); count += 1) await invoke({ id: `next ${count}` });
    expect(collector.counts()).toMatchObject({ duplicates: 0 });
  });

  it('sends with the first invocation after a freeze in which the collector has closed its connections', async () => {
    await invoke({ id: 'before' });
    await collector.interrupt();
    await collector.resume();
    await invoke({ id: 'after' });
    expect(arrived()).toEqual(['before', 'after']);
    expect(collector.counts()).toMatchObject({ duplicates: 0 });
  });

  it('keeps the process alive no longer than its flush and the drain after it take', async () => {
    collector.setFault({ kind: 'hang' });
    environment.send({ id: 'a', grams: 1_500, timeoutMillis: 400 });
    await once(environment, 'message');
    const start = performance.now();
    environment.disconnect();
    await once(environment, 'exit');
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it('waits no longer than its deadline allows if the deadline is earlier', async () => {
    await invoke({ id: 'warm' });
    collector.setFault({ kind: 'hang' });
    // Less than the longest flush, and more than what it leaves to Lambda.
    expect(await invoke({ timeoutMillis: 200 })).toMatchObject({ cents: 375, timedOut: false });
  });
});
