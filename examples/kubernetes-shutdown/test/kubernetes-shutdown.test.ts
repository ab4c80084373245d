import { readFileSync } from 'node:fs';
import { type Collector, startCollector } from '@spillway/test/collector';
import { type RunningProgram, startProgram } from '@spillway/test/example';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from './cluster.ts';

const EXAMPLE = new URL('..', import.meta.url);

const textOf = (file: string): string => readFileSync(new URL(file, EXAMPLE), 'utf8');

// Runs the built packages.
describe('the example of a shutdown in Kubernetes', () => {
  let collector: Collector;
  let cluster: Cluster;

  beforeEach(async () => {
    collector = await startCollector();
    cluster = new Cluster();
  });

  afterEach(async () => {
    cluster[Symbol.dispose]();
    await collector.close();
  });

  const run = (env: Record<string, string> = {}): RunningProgram =>
    startProgram(EXAMPLE, ['--import', '@spillway/node/register', 'src/app.ts'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      PORT: '0',
      ...env,
    });

  it('fails no request and loses no span while pods are replaced under load', async () => {
    await using old = run();
    const first = await cluster.add(old);
    cluster.load(8);
    await using next = run();
    const second = await cluster.add(next);
    // These are in flight at SIGTERM, one on each pod.
    const reports = [cluster.send('/reports/1'), cluster.send('/reports/2')];
    expect(await cluster.terminate(first, 300)).toMatchObject({ code: 0, stderr: '' });

    await Promise.all(reports);
    await cluster.endLoad();
    expect(await cluster.terminate(second, 0)).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(cluster.results)).toEqual(new Set(['200']));
    expect(cluster.results.length).toBeGreaterThan(50);
    expect(collector.counts()).toMatchObject({ unique: cluster.results.length, duplicates: 0 });
  });

  it('answers the requests that it has accepted even if SIGTERM comes without a sleep before it', async () => {
    await using program = run();
    const pod = await cluster.add(program);
    const reports = Array.from({ length: 20 }, (_, index) => cluster.send(`/reports/${index}`));
    await cluster.send('/quotes/1');
    expect(await cluster.terminate(pod, 0)).toMatchObject({ code: 0 });

    await Promise.all(reports);
    expect(cluster.results).toEqual(Array.from({ length: 21 }, () => '200'));
    expect(collector.counts()).toMatchObject({ unique: 21, duplicates: 0 });
  });

  it('cuts off a request that takes too long, and ships the spans of the others', async () => {
    await using program = run({ REQUEST_TIMEOUT: '200' });
    const pod = await cluster.add(program);
    const report = cluster.send('/reports/1');
    await cluster.send('/quotes/1');
    expect(await cluster.terminate(pod, 0)).toMatchObject({ code: 1 });

    await report;
    expect(cluster.results).toEqual(['200', 'socket hang up']);
    expect(collector.spans().map(({ span }) => span.name)).toEqual(['GET /quotes/{id}']);
  });

  it('ends by its drain timeout if the collector hangs', async () => {
    collector.setFault({ kind: 'hang' });
    await using program = run({ SPILLWAY_DRAIN_TIMEOUT: '300' });
    const pod = await cluster.add(program);
    await cluster.send('/quotes/1');
    const start = performance.now();
    const { code, stderr } = await cluster.terminate(pod, 0);

    expect(code).toBe(0);
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(stderr).toContain('1 items undelivered');
  });

  it('has figures that fit together', () => {
    const manifest = textOf('deployment.yaml');
    const figure = (pattern: RegExp): number => Number(pattern.exec(manifest)?.[1]);
    const grace = figure(/terminationGracePeriodSeconds: (\d+)/);
    const preStop = figure(/sleep:\n +seconds: (\d+)/);
    const requests = figure(/REQUEST_TIMEOUT\n +value: '(\d+)'/);
    const drain = figure(/SPILLWAY_DRAIN_TIMEOUT\n +value: '(\d+)'/);
    expect(grace).toBeGreaterThan(preStop + (requests + drain) / 1_000 + 2);

    const thousands = (number: number): string => String(number).replace(/(?=(\d{3})+$)\B/g, ' ');
    const row = (name: string, value: string): RegExp => new RegExp(`^\\| \`${name}\`[^|]*\\| ${value} \\|`, 'm');
    const readme = textOf('README.md');
    expect(readme).toMatch(row('terminationGracePeriodSeconds', String(grace)));
    expect(readme).toMatch(row('preStop.sleep.seconds', String(preStop)));
    expect(readme).toMatch(row('REQUEST_TIMEOUT', thousands(requests)));
    expect(readme).toMatch(row('SPILLWAY_DRAIN_TIMEOUT', thousands(drain)));
  });
});
