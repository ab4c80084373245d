import { type Collector, startCollector } from '@spillway/test/collector';
import { type RunningProgram, startProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const EXAMPLE = new URL('..', import.meta.url);

// Runs the built packages.
describe('the example of request metrics', () => {
  let collector: Collector;
  let service: RunningProgram;
  let url: string;

  const startService = async (env: Readonly<Record<string, string>>): Promise<void> => {
    service = startProgram(EXAMPLE, ['--import', './src/telemetry.ts', 'src/app.ts'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_LOG_LEVEL: 'warn',
      PORT: '0',
      ...env,
    });
    url = await service.said(/listening at (\S+)/);
  };

  beforeEach(async () => {
    collector = await startCollector();
  });

  afterEach(async () => {
    await service[Symbol.asyncDispose]();
    await collector.close();
  });

  const buy = async (show: string): Promise<number> =>
    (await fetch(`${url}/tickets/${show}`, { method: 'POST' })).status;

  it.each(['cumulative', 'delta'])(
    'ships its own metrics, those of requests and of Node, and traces: %s',
    async (temporality) => {
      await startService({
        OTEL_METRIC_EXPORT_INTERVAL: '100',
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
      });
      const answers: number[] = [];
      for (let request = 0; request < 5; request += 1) answers.push(await buy('opera'));
      expect(answers).toEqual([200, 200, 200, 409, 409]);
      await collector.until((now) => now.totalOf('tickets.sold') === 3);
      expect(await buy('circus')).toBe(200);
      const { code, stderr } = await service.end('SIGTERM');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

      expect(collector.totalOf('tickets.sold', { show: 'opera' })).toBe(3);
      expect(collector.totalOf('tickets.sold', { show: 'circus' })).toBe(1);
      expect(collector.lastValueOf('tickets.free', { show: 'opera' })).toBe(0);
      expect(collector.lastValueOf('tickets.free', { show: 'circus' })).toBe(199);
      expect(collector.totalOf('http.server.request.duration', { 'http.response.status_code': 200 })).toBe(4);
      expect(collector.totalOf('http.server.request.duration', { 'http.response.status_code': 409 })).toBe(2);
      expect(collector.lastValueOf('v8js.memory.heap.used', { 'v8js.heap.space.name': 'old_space' })).toBeGreaterThan(
        0,
      );
      expect(collector.lastValueOf('nodejs.eventloop.utilization')).toBeGreaterThanOrEqual(0);
      expect(collector.spans()).toHaveLength(6);
      expect(collector.dataPoints().every(({ resource }) => JSON.stringify(resource).includes('tickets'))).toBe(true);
    },
  );

  it('has delivered everything although it ends before the first collection', async () => {
    await startService({});
    expect([await buy('opera'), await buy('circus')]).toEqual([200, 200]);
    expect(collector.countsOf('metrics').items).toBe(0);
    expect((await service.end('SIGTERM')).code).toBe(0);
    expect(collector.totalOf('tickets.sold')).toBe(2);
    expect(collector.totalOf('http.server.request.duration')).toBe(2);
  });
});
