import { startCollector } from '@spillway/test/collector';
import { readLog, runProgram } from '@spillway/test/example';
import { beforeAll, describe, expect, it } from 'vitest';

const PATIENCE_MILLIS = 60_000;
const ERROR = { type: 'RangeError', message: 'out of tea', stack: expect.stringContaining('RangeError: out of tea\n') };

type Received = Readonly<Record<string, { readonly severity: string; readonly attributes: object }>>;

/** What arrives of the lines of the program, by their messages. Runs the built packages. */
async function receivedOf(target: string, options: object): Promise<Received> {
  await using collector = await startCollector();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    PINO_TRANSPORT: JSON.stringify({ target, options }),
  };
  const { code, stderr } = await runProgram(new URL('.', import.meta.url), ['pino-lines.ts'], env, PATIENCE_MILLIS);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const logs = collector.logRecords().map(readLog);
  return Object.fromEntries(logs.map(({ body, severity, attributes }) => [String(body), { severity, attributes }]));
}

// So that packages/pino/README.md says nothing of the other transport that has become wrong.
describe('what becomes of a line of pino', () => {
  let ours: Received;
  let theirs: Received;

  beforeAll(async () => {
    ours = await receivedOf('@spillway/pino', {});
    theirs = await receivedOf('pino-opentelemetry-transport', { loggerName: 'bench' });
  }, 3 * PATIENCE_MILLIS);

  it('is the same with both transports for an ordinary line', () => {
    expect(ours['placed']).toEqual({ severity: '9 info', attributes: {} });
    expect(theirs['placed']).toEqual(ours['placed']);
  });

  it('has a severity with a custom level only with Spillway', () => {
    expect(ours['placed twice']?.severity).toBe('11 notice');
    expect(theirs['placed twice']?.severity).toBe('null notice');
  });

  it('has the attributes of an exception only with Spillway', () => {
    const { type, message, stack } = ERROR;
    expect(ours['out of tea']?.attributes).toEqual({
      'exception.type': type,
      'exception.message': message,
      'exception.stacktrace': stack,
    });
    expect(theirs['out of tea']?.attributes).toEqual({ err: ERROR });
  });

  it('keeps the fields of a trace that is not of OpenTelemetry only with Spillway', () => {
    const fields = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'of another system' };
    expect(ours['traced elsewhere']?.attributes).toEqual(fields);
    expect(theirs['traced elsewhere']?.attributes).toEqual({});
  });
});
