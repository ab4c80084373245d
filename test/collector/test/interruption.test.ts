import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../src/index.ts';
import { traceBody } from './bodies.ts';
import { failureOf, post } from './client.ts';

const { body } = traceBody(10);
let collector: Collector;
let agent: Agent;

beforeEach(async () => {
  collector = await startCollector();
  agent = new Agent({ keepAlive: true });
});
afterEach(async () => {
  agent.destroy();
  await collector.close();
});

const duplicates = () => {
  const tallies = [...collector.talliesOf('traces').values()];
  const sum = (name: 'unique' | 'duplicates' | 'unexplained' | 'unanswered') =>
    tallies.reduce((total, tally) => total + tally[name], 0);
  return {
    unique: sum('unique'),
    duplicates: sum('duplicates'),
    unexplained: sum('unexplained'),
    unanswered: sum('unanswered'),
  };
};

describe('an interruption', () => {
  it('refuses connections, and afterwards the port is the same and all received items are still there', async () => {
    await post(collector.url, body);
    const { url } = collector;
    await collector.interrupt();
    expect(await failureOf(post(url, body, { agent }))).toMatchObject({ code: 'ECONNREFUSED' });

    await collector.resume();
    expect(collector.url).toBe(url);
    expect((await post(url, body)).status).toBe(200);
    expect(collector.counts()).toMatchObject({ requests: 2, unique: 10, duplicates: 10 });
  });

  it('ends when the collector is healed, and so does every fault', async () => {
    collector.setFault({ kind: 'status', code: 503 });
    collector.queueFaults({ kind: 'status', code: 400 });
    await collector.interrupt();
    await collector.heal();
    expect((await post(collector.url, body)).status).toBe(200);
  });

  it('does not keep the collector from being closed', async () => {
    await collector.interrupt();
    await collector.close();
    await expect(collector.until(() => false, { timeoutMillis: 1 })).rejects.toThrow(
      'while the condition did not hold',
    );
  });
});

describe('a duplicate', () => {
  it('is explained if the connection was lost before the answer', async () => {
    collector.queueFaults({ kind: 'reset', keepsItems: true });
    await failureOf(post(collector.url, body));
    await post(collector.url, body);
    expect(duplicates()).toEqual({ unique: 10, duplicates: 10, unexplained: 0, unanswered: 10 });
  });

  it('is explained if the connection was lost directly after the answer', async () => {
    await post(collector.url, body, { agent });
    await collector.interrupt();
    await collector.heal();
    await post(collector.url, body);
    expect(duplicates()).toMatchObject({ duplicates: 10, unexplained: 0 });
  });

  it('is not explained if the answer has arrived, and one lost answer does not explain a second duplicate', async () => {
    await post(collector.url, body, { agent });
    await post(collector.url, body, { agent });
    expect(duplicates()).toEqual({ unique: 10, duplicates: 10, unexplained: 10, unanswered: 0 });

    collector.reset();
    collector.queueFaults({ kind: 'reset', keepsItems: true });
    await failureOf(post(collector.url, body, { agent }));
    await post(collector.url, body, { agent });
    await post(collector.url, body, { agent });
    expect(duplicates()).toMatchObject({ duplicates: 20, unexplained: 10 });
  });
});
