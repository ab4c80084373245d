import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OtlpExporterOptions } from '@spillway/otlp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useLoggedLines } from '../log-lines/logged-lines.ts';
import { LoadedServices } from './src/loaded-services.ts';
import { noCollector, type OtelCollector, startOtelCollector } from './src/otel-collector.ts';
import { outcomesOf } from './src/outcomes.ts';

/** Spans per second, and as many log records. */
const PER_SECOND = 5_000;
/** Long enough for several requests. */
const PHASE_MILLIS = 250;
/** If fixed headers were accepted before and are denied now, requests are retried for this long. */
const PATIENCE_MILLIS = 600_000;

const { lines } = useLoggedLines();
let folder: string;
let tokenFile: string;
let collector: OtelCollector<'main'>;
let services: LoadedServices;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-tokens-'));
  tokenFile = join(folder, 'tokens');
  writeFileSync(tokenFile, tokenOf(0));
  collector = await startOtelCollector({ routes: { main: { tokenFile } } });
});

afterEach(async () => {
  await services.shutdown();
  await collector[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function tokenOf(version: number): string {
  return `secret-token-${version}`;
}

function headersOf(version: number): Record<string, string> {
  return { authorization: `Bearer ${tokenOf(version)}` };
}

function startServices(headers: OtlpExporterOptions['headers']): void {
  services = new LoadedServices({ url: collector.urlOf('main'), otlp: { headers } }, PER_SECOND);
}

/** Makes the Collector accept only these tokens from now on. */
async function accept(...versions: readonly number[]): Promise<void> {
  const readings = (): number => collector.log.split('refresh token').length;
  const before = readings();
  writeFileSync(tokenFile, versions.map(tokenOf).join('\n'));
  await services.until(() => readings() > before);
}

/** Waits until requests of both services have been denied for some time. */
async function untilDenied(): Promise<void> {
  await services.untilMore('eventsRetried', 1);
  await services.lasts(PHASE_MILLIS);
}

/** Waits until requests of both services have been accepted for some time. */
async function untilAccepted(): Promise<void> {
  await services.untilMore('eventsFlushed', PER_SECOND / 10);
  await services.lasts(PHASE_MILLIS);
}

/**
 * Each service logs one line when it is denied, and one when that ends. Both are left out soon after the last such
 * lines.
 */
function expectFewLines(rotations: number): void {
  const denials = lines.filter(({ text }) => text.includes('exports lack valid credentials'));
  const ends = lines.filter(({ text }) => text.includes('exports succeed again'));
  expect(lines.map(({ text }) => text).filter((text) => text.includes('secret-token'))).toEqual([]);
  expect(lines).toHaveLength(denials.length + ends.length);
  for (const name of ['BackpressureSpanProcessor', 'BackpressureLogRecordProcessor']) {
    const denied = denials.filter(({ text }) => text.startsWith(`${name}:`)).length;
    expect(denied, name).toBeGreaterThan(0);
    expect(denied, name).toBeLessThanOrEqual(rotations);
    expect(ends.filter(({ text }) => text.startsWith(`${name}:`)).length, name).toBe(denied);
  }
}

describe.skipIf(noCollector)(
  '5 000 spans and 5 000 log records a second, to a Collector whose token is rotated,',
  () => {
    it('all arrive once with a headers function, whether the Collector or the service has the new token first', async () => {
      let version = 0;
      startServices(async () => headersOf(version));
      await untilAccepted();
      for (const next of [1, 3]) {
        await accept(next);
        await untilDenied();
        version = next;
        await untilAccepted();

        version = next + 1;
        await untilDenied();
        await accept(next + 1);
        await untilAccepted();
      }
      await services.settle();
      services.expectAllOnce(collector.received('main'));
      expectFewLines(4);
    });

    it('all arrive once if the source of the tokens fails for a while', async () => {
      let version: number | undefined = 0;
      startServices(() => {
        if (version === undefined) throw new Error('the vault is sealed');
        return headersOf(version);
      });
      await untilAccepted();
      await accept(1);
      await untilDenied();
      version = undefined;
      await untilDenied();
      version = 1;
      await untilAccepted();
      await services.settle();
      services.expectAllOnce(collector.received('main'));
      expectFewLines(1);
    });

    it('are sent once each if both tokens are accepted meanwhile', async () => {
      let version = 0;
      startServices(() => headersOf(version));
      await untilAccepted();
      for (const next of [1, 2, 3]) {
        await accept(next - 1, next);
        await untilAccepted();
        version = next;
        await untilAccepted();
        // Requests with the old token may still be in flight.
        await Promise.all(services.all.map((service) => service.forceFlush()));
        await accept(next);
      }
      await services.settle();
      services.expectAllOnce(collector.received('main'));
      for (const { processor } of services.all) expect(processor.getMetrics().eventsRetried).toBe(0);
      expect(lines).toEqual([]);
    });

    it('all arrive once with fixed headers, if the token is accepted again within 10 minutes', async () => {
      startServices(headersOf(0));
      await untilAccepted();
      for (const other of [1, 2]) {
        await accept(other);
        await untilDenied();
        services.jumpBy(PATIENCE_MILLIS - 60_000);
        await untilDenied();
        await accept(0);
        await untilAccepted();
      }
      await services.settle();
      services.expectAllOnce(collector.received('main'));
      expectFewLines(2);
    });

    it('are lost, and counted one by one, only if fixed headers are denied for longer than that', async () => {
      startServices(headersOf(0));
      await untilAccepted();
      await accept(1);
      await untilDenied();
      services.jumpBy(PATIENCE_MILLIS);
      await services.untilMore('eventsFailed', PER_SECOND / 10);
      await accept(0);
      await untilAccepted();
      await services.settle();
      const outcomes = outcomesOf(services.all, collector.received('main'));
      for (const { signal, processor } of services.all) {
        const { eventsFailed, eventsDropped, droppedByReason } = processor.getMetrics();
        expect(outcomes[signal].missing, signal).toBe(droppedByReason.rejected);
        expect({ eventsFailed, eventsDropped }, signal).toEqual({
          eventsFailed: droppedByReason.rejected,
          eventsDropped: 0,
        });
        expect(outcomes[signal].duplicates, signal).toBe(0);
      }
    });
  },
);
