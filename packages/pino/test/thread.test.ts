import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Collector, startCollector } from '../../../test/collector/src/index.ts';
import { readLog, runProgram } from '../../../test/example/src/index.ts';
import { listSpool } from '@spillway/spool';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import createTransport, { type PinoTransportOptions } from '../src/index.ts';

const HERE = new URL('.', import.meta.url);
/** Longer than a program takes on a very slow machine. */
const PATIENCE_MILLIS = 60_000;
/** A port that nobody listens at. */
const NOBODY = 'http://127.0.0.1:9';

// Runs the built packages, in pino's own thread.
describe('the transport in its thread', () => {
  let collector: Collector;

  beforeEach(async () => void (collector = await startCollector()));
  afterEach(() => collector.close());

  const runEnding = (end: string, url: string, options: PinoTransportOptions = {}) =>
    runProgram(
      HERE,
      ['programs/ends.ts'],
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, PINO_END: end, PINO_OPTIONS: JSON.stringify(options) },
      PATIENCE_MILLIS,
    );

  it.each([
    ['nothing left', 0],
    ['process.exit', 3],
    ['uncaught exception', 1],
  ])(
    'delivers every line although the process ends at once: %s',
    async (end, code) => {
      collector.setFault({ kind: 'latency', millis: 300 });
      const ended = await runEnding(end, collector.url);
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr.includes('otel')).toBe(false);
      const lines = collector.logRecords().map((log) => readLog(log).attributes['line']);
      expect(lines.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 1_000 }, (_, line) => line));
    },
    3 * PATIENCE_MILLIS,
  );

  it(
    'says on stderr what is lost without a collector, and leaves the exit code as it is',
    async () => {
      const ended = await runEnding('process.exit', NOBODY, { drainTimeoutMillis: 200 });
      expect(ended.code).toBe(3);
      expect(ended.stderr).toMatch(
        /^otel error: BackpressureLogRecordProcessor: shut down with 1000 items undelivered/m,
      );
    },
    3 * PATIENCE_MILLIS,
  );

  it(
    'leaves in the spool what it cannot send, and the next process sends it',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'spillway-pino-'));
      try {
        const options = { drainTimeoutMillis: 200, serviceName: 'shop', spool: { directory } };
        expect((await runEnding('process.exit', NOBODY, options)).code).toBe(3);
        const left = await listSpool(directory);
        expect(left.flatMap(({ chains }) => chains.map(({ items }) => items))).toEqual([1_000]);

        vi.stubEnv('OTEL_LOG_LEVEL', 'none');
        const next = await createTransport({
          serviceName: 'shop',
          spool: { directory },
          exporter: { url: `${collector.url}/v1/logs` },
        });
        await collector.until(() => collector.countsOf('logs').items === 1_000, { timeoutMillis: PATIENCE_MILLIS });
        next.end();
        await once(next, 'close');
        expect(await listSpool(directory)).toEqual([]);
      } finally {
        vi.unstubAllEnvs();
        await rm(directory, { recursive: true });
      }
    },
    3 * PATIENCE_MILLIS,
  );

  it(
    'knows the levels and keys of its logger, and keeps the trace context',
    async () => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'shop' };
      const { code, stdout, stderr } = await runProgram(HERE, ['programs/configured.ts'], env, PATIENCE_MILLIS);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trimEnd().split('\n')).toHaveLength(3);
      const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
      expect(collector.logRecords().map(readLog)).toEqual([
        expect.objectContaining({
          severity: '17 error',
          body: 'out of tea',
          attributes: {
            'exception.type': 'RangeError',
            'exception.message': 'out of tea',
            'exception.stacktrace': expect.stringContaining('configured.ts'),
          },
          ...span,
        }),
        expect.objectContaining({
          severity: '11 notice',
          body: 'placed',
          attributes: { cart: { id: 7, items: ['tea', null] } },
          scope: '@spillway/pino',
          service: 'shop',
          ...span,
        }),
      ]);
      expect(collector.logRecords().map(({ logRecord }) => logRecord.flags)).toEqual([1, 1]);
    },
    3 * PATIENCE_MILLIS,
  );
});
