import { describe, expect, it } from 'vitest';
import { startCollector } from '../../../../test/collector/src/index.ts';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

/** Loses a span that is too large, and ends; gives the loss reports that arrived. */
async function reports(options: string, env: Readonly<Record<string, string>> = {}, end = '') {
  await using collector = await startCollector();
  await programs.run(
    `start({ application, serviceName: 'bookshop', ${options} });
     const tracer = trace.getTracer('shop');
     tracer.startSpan('order', { attributes: { cart: 'x'.repeat(5_000_000) } }).end();
     tracer.startSpan('order').end();
     ${end}`,
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
  );
  return collector
    .logRecords()
    .filter(({ logRecord }) => logRecord.eventName === 'spillway.telemetry.lost')
    .map(({ logRecord, resource }) => ({ text: logRecord.body?.stringValue, resource: JSON.stringify(resource) }));
}

const REPORT = {
  text: 'Spillway lost 1 span of BackpressureSpanProcessor/0: 1 too_large',
  resource: expect.stringContaining('bookshop'),
};

describe('the loss reports of a start', () => {
  it.each([
    ['by itself', ''],
    ['by process.exit()', 'process.exit(0);'],
    ['by a signal', "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 10_000);"],
  ])('are on by default, and arrive even if the process ends at once: %s', async (_, end) => {
    expect(await reports('', {}, end)).toEqual([REPORT]);
  });

  it('are switched off by the variable or in code, and code wins', async () => {
    expect(await reports('', { SPILLWAY_LOSS_REPORTS: 'false' })).toEqual([]);
    expect(await reports('logs: { lossReports: false }')).toEqual([]);
    expect(await reports('logs: { lossReports: true }', { SPILLWAY_LOSS_REPORTS: 'false' })).toEqual([REPORT]);
  });
});
