import { setTimeout as sleep } from 'node:timers/promises';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Collector, type EventSignal, startCollector } from '../collector/src/index.ts';
import { Service } from './service.ts';
import { TokenGate } from './token-gate.ts';

const SIGNALS: readonly EventSignal[] = ['traces', 'logs'];

let collector: Collector;
let gate: TokenGate;
let services: Service[];
/** Aborting it switches the load off. */
let load: AbortController;

beforeEach(async () => {
  collector = await startCollector();
  services = [];
  load = new AbortController();
});

afterEach(async () => {
  load.abort();
  await Promise.all(services.map((service) => service.shutdown()));
  await gate.close();
  await collector.close();
});

function startService(signal: EventSignal, headers: OtlpExporterOptions['headers']): Service {
  const service = new Service(signal, {
    url: gate.url,
    otlp: { headers },
    maxExportBatchSize: 20,
    scheduledDelayMillis: 20,
  });
  services.push(service);
  return service;
}

/** 2 000 items a second, until the load is switched off. */
async function underLoad(service: Service, { signal }: AbortController): Promise<void> {
  while (!signal.aborted) {
    service.make(20);
    await sleep(10);
  }
}

async function expectAllDeliveredOnce(service: Service): Promise<void> {
  await service.forceFlush();
  const ids = collector.idsOf(service.signal);
  expect(service.made.filter((id) => ids.get(id) !== 1)).toEqual([]);
  expect(service.processor.getMetrics()).toMatchObject({
    eventsFlushed: service.made.length,
    eventsDropped: 0,
    eventsFailed: 0,
  });
}

describe.each(SIGNALS)('%s under load, while the collector changes the token that it accepts,', (signal) => {
  const path = `/v1/${signal}`;

  it.each([401, 403] as const)(
    'are not lost if a headers function returns the new token, immediately or a while later (%i)',
    async (status) => {
      gate = await TokenGate.start(collector.url, status, 'token-0');
      let token = 'token-0';
      const service = startService(signal, async () => ({ 'x-token': token }));
      const loaded = underLoad(service, load);
      for (const [rotation, denialsUntilKnown] of [0, 0, 3, 1, 5].entries()) {
        const before = collector.counts().unique;
        await collector.until(({ counts }) => counts.call(collector).unique > before + 100);
        gate.accepted = `token-${rotation + 1}`;
        await gate.untilDenied(denialsUntilKnown, path);
        token = gate.accepted;
      }
      load.abort();
      await loaded;
      await expectAllDeliveredOnce(service);
    },
  );

  it.each([401, 403] as const)('are not lost with a fixed token that is accepted again later (%i)', async (status) => {
    gate = await TokenGate.start(collector.url, status, 'fixed');
    const service = startService(signal, { 'x-token': 'fixed' });
    const loaded = underLoad(service, load);
    for (const denials of [1, 2, 6]) {
      const before = collector.counts().unique;
      await collector.until(({ counts }) => counts.call(collector).unique > before + 100);
      gate.accepted = 'another';
      await gate.untilDenied(denials, path);
      gate.accepted = 'fixed';
    }
    load.abort();
    await loaded;
    await expectAllDeliveredOnce(service);
  });
});

describe('one signal whose token is denied', () => {
  it.each([
    ['traces', 'logs'],
    ['logs', 'traces'],
  ] as const)('(%s) does not keep the other signal from being delivered', async (deniedSignal, otherSignal) => {
    gate = await TokenGate.start(collector.url, 401, 'valid');
    let token = 'expired';
    const denied = startService(deniedSignal, () => ({ 'x-token': token }));
    const other = startService(otherSignal, () => ({ 'x-token': 'valid' }));
    denied.make(100);
    await vi.waitFor(() => expect(denied.processor.getMetrics().circuit).not.toBe('closed'), { timeout: 10_000 });
    expect(other.processor.getMetrics().circuit).toBe('closed');
    other.make(100);
    await collector.until(({ counts }) => counts.call(collector).unique === 100);
    token = 'valid';
    await expectAllDeliveredOnce(other);
    await expectAllDeliveredOnce(denied);
  });
});
