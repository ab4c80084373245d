import type { FlushOutcome, FlushReport } from '@spillway/backpressure';
import { OtlpTransportError } from '@spillway/otlp/transport';
import { describe, expect, it } from 'vitest';
import { resultOf } from '../src/snapshot/attempt-result.ts';
import { failureText } from '../src/snapshot/failure-text.ts';
import { RecentFailures } from '../src/snapshot/recent-failures.ts';
import { shownMessage } from '../src/snapshot/shown-message.ts';

const report = (outcome: FlushOutcome, items = 10): FlushReport => ({ outcome, items, bytes: 100, latencyMs: 5 });
const retry = (message: string): FlushReport => report({ kind: 'retry', error: new Error(message) });

const DESTINATION = {
  exporter: 'OtlpSpanExporter',
  url: 'http://collector:4318/v1/traces',
  protocol: 'http/protobuf',
  proxy: undefined,
  hasClientCertificate: false,
} as const;

describe('the last failures of a pipeline', () => {
  it('with the same message are counted together, the latest kind first', () => {
    const failures = new RecentFailures();
    failures.add(retry('refused'), 1);
    failures.add(retry('reset'), 2);
    failures.add(retry('refused'), 3);
    expect(failures.all.map(({ outcome, count, lastAt }) => [outcome.error?.message, count, lastAt])).toEqual([
      ['refused', 2, 3],
      ['reset', 1, 2],
    ]);
  });

  it('are the newest five kinds', () => {
    const failures = new RecentFailures();
    for (let kind = 0; kind < 100; kind += 1) failures.add(retry(`failure ${kind}`), kind);
    expect(failures.all.map(({ outcome }) => outcome.error?.message)).toEqual(
      [99, 98, 97, 96, 95].map((kind) => `failure ${kind}`),
    );
  });

  it('do not include what was accepted', () => {
    const failures = new RecentFailures();
    failures.add(report({ kind: 'delivered' }), 1);
    expect(failures.all).toEqual([]);
  });

  it('do not keep what else an error refers to', () => {
    const failures = new RecentFailures();
    const error = Object.assign(new Error('failed'), { request: { headers: { authorization: 'secret' } } });
    failures.add(report({ kind: 'retry', error }), 1);
    expect(JSON.stringify(Object.entries(failures.all[0]?.outcome.error ?? {}))).not.toContain('secret');
  });

  it('are explained in the words of doctor', () => {
    const failures = new RecentFailures();
    const error = new OtlpTransportError('ConnectionError', 'collector:4318: connect ECONNREFUSED', {
      code: 'ECONNREFUSED',
    });
    failures.add(report({ kind: 'retry', error, unreachable: true }), 1);
    expect(failureText(failures.all[0]!, 'traces', DESTINATION)).toEqual({
      found: 'collector:4318: connect ECONNREFUSED',
      advice:
        'Nothing listens at collector:4318. Start the collector, or correct host and port in the URL of the exporter.',
    });
  });

  it('of an exporter that is not ours have no advice', () => {
    const failures = new RecentFailures();
    failures.add(retry('boom'), 1);
    const destination = { ...DESTINATION, url: undefined, protocol: undefined };
    expect(failureText(failures.all[0]!, 'traces', destination)).toEqual({ found: 'boom', advice: undefined });
  });

  it('say that a request of several items is split if it is too large', () => {
    const failures = new RecentFailures();
    const error = new OtlpTransportError('HttpStatusError', 'collector:4318 answered 413', { statusCode: 413 });
    failures.add(report({ kind: 'too_large', error }, 10), 1);
    expect(failureText(failures.all[0]!, 'traces', DESTINATION).advice).toBe('The request is split, and sent again.');
  });
});

describe('a message of an error', () => {
  it.each([
    ['POST https://user:pass@host/v1/traces failed', 'POST https://***@host/v1/traces failed'],
    ['https://host/v1/traces?api-key=secret failed', 'https://host/v1/traces?*** failed'],
    ['at http://a@b:1/x?y=z and http://c?d', 'at http://***@b:1/x?*** and http://c?***'],
    ['why? because', 'why? because'],
    ['two\n  lines', 'two lines'],
  ])('"%s" is shown as "%s"', (message, shown) => {
    expect(shownMessage(new Error(message))).toBe(shown);
  });

  it('is cut if it is long, and is the name of the error if it is empty', () => {
    expect(shownMessage(new Error('x'.repeat(10_000)))).toHaveLength(400);
    expect(shownMessage(new TypeError(''))).toBe('TypeError');
  });
});

describe('the result of a request', () => {
  it.each<[FlushOutcome, string, boolean]>([
    [{ kind: 'delivered' }, 'accepted', true],
    [{ kind: 'delivered', rejected: 4, error: new Error('too old') }, 'took 6 items, rejected 4', false],
    [{ kind: 'retry', error: new Error('x'), unreachable: true }, 'no connection', false],
    [{ kind: 'retry', error: new Error('x'), timedOut: true }, 'no answer in time', false],
    [
      { kind: 'retry', error: new OtlpTransportError('HttpStatusError', 'x', { statusCode: 502 }) },
      'failed (502)',
      false,
    ],
    [
      { kind: 'retry', error: new OtlpTransportError('HttpStatusError', 'x', { statusCode: 401 }), denied: true },
      'denied (401)',
      false,
    ],
    [
      { kind: 'throttled', error: new OtlpTransportError('HttpStatusError', 'x', { statusCode: 429 }) },
      'asked for a pause (429)',
      false,
    ],
    [
      { kind: 'refused', error: new OtlpTransportError('GrpcStatusError', 'x', { code: 'INVALID_ARGUMENT' }) },
      'rejected (INVALID_ARGUMENT)',
      false,
    ],
    [{ kind: 'too_large', error: new Error('x') }, 'too large', false],
  ])('%j is "%s"', (outcome, result, isOk) => {
    expect(resultOf({ outcome, items: 10 })).toEqual({ result, isOk });
  });
});
