import { setTimeout as sleep } from 'node:timers/promises';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Collector, type EventSignal, startCollector } from '../collector/src/index.ts';
import { Service } from './service.ts';
import { urlFor, type Wire, WIRES } from './wire.ts';

const SIGNALS: readonly EventSignal[] = ['traces', 'logs'];

let collector: Collector;
let services: Service[];
/** Aborting it switches the load off. */
let load: AbortController;
/** The token that the collector accepts. */
let accepted: string;

beforeEach(async () => {
  collector = await startCollector({ grpc: true });
  services = [];
  load = new AbortController();
});

afterEach(async () => {
  load.abort();
  await Promise.all(services.map((service) => service.shutdown()));
  await collector.close();
});

/** The collector denies every request without the accepted token. */
function guardWith(code: 401 | 403): void {
  collector.setFault(({ headers }) =>
    headers['x-token'] === accepted ? undefined : { kind: 'status', code, body: 'token expired' },
  );
}

/** Resolves once this many more requests of a signal have been denied. */
async function untilDenied(signal: EventSignal, count: number): Promise<void> {
  const denied = () =>
    collector.requests.filter(({ path, fault, status }) => path === `/v1/${signal}` && fault !== undefined && status)
      .length;
  const enough = denied() + count;
  await collector.until(() => denied() >= enough);
}

function startService(wire: Wire, signal: EventSignal, headers: OtlpExporterOptions['headers']): Service {
  const service = new Service(signal, {
    wire,
    url: urlFor(wire, collector),
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

describe.each(WIRES)('over %s,', (wire) => {
  describe.each(SIGNALS)('%s under load, while the collector changes the token that it accepts,', (signal) => {
    it.each([401, 403] as const)(
      'are not lost if a headers function returns the new token, immediately or a while later (%i)',
      async (status) => {
        accepted = 'token-0';
        guardWith(status);
        let token = accepted;
        const service = startService(wire, signal, async () => ({ 'x-token': token }));
        const loaded = underLoad(service, load);
        for (const [rotation, denialsUntilKnown] of [0, 0, 3, 1, 5].entries()) {
          const before = collector.counts().unique;
          await collector.until(({ counts }) => counts.call(collector).unique > before + 100);
          accepted = `token-${rotation + 1}`;
          await untilDenied(signal, denialsUntilKnown);
          token = accepted;
        }
        load.abort();
        await loaded;
        await expectAllDeliveredOnce(service);
      },
    );

    it.each([401, 403] as const)(
      'are not lost with a fixed token that is accepted again later (%i)',
      async (status) => {
        accepted = 'fixed';
        guardWith(status);
        const service = startService(wire, signal, { 'x-token': 'fixed' });
        const loaded = underLoad(service, load);
        for (const denials of [1, 2, 6]) {
          const before = collector.counts().unique;
          await collector.until(({ counts }) => counts.call(collector).unique > before + 100);
          accepted = 'another';
          await untilDenied(signal, denials);
          accepted = 'fixed';
        }
        load.abort();
        await loaded;
        await expectAllDeliveredOnce(service);
      },
    );
  });

  describe('one signal whose token is denied', () => {
    it.each([
      ['traces', 'logs'],
      ['logs', 'traces'],
    ] as const)('(%s) does not keep the other signal from being delivered', async (deniedSignal, otherSignal) => {
      accepted = 'valid';
      guardWith(401);
      let token = 'expired';
      const denied = startService(wire, deniedSignal, () => ({ 'x-token': token }));
      const other = startService(wire, otherSignal, () => ({ 'x-token': 'valid' }));
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
});
