import type { FlushOutcome } from '@spillway/backpressure';
import { describe, expect, it } from 'vitest';
import { errorTypeOf, errorTypeOfError, FailedItems } from '../../src/self-metrics/error-type.ts';

const failed = (fields: object): FlushOutcome => ({ kind: 'retry', error: Object.assign(new Error('no'), fields) });

describe('error.type', () => {
  it.each<[string, FlushOutcome, string | undefined]>([
    ['a delivery', { kind: 'delivered' }, undefined],
    ['a delivery with a warning', { kind: 'delivered', rejected: 0, error: new Error('odd') }, undefined],
    ['a partial success', { kind: 'delivered', rejected: 2 }, 'rejected'],
    ['a status of HTTP', failed({ name: 'HttpStatusError', statusCode: 503 }), '503'],
    [
      'a status of gRPC, whatever HTTP says',
      failed({ name: 'GrpcStatusError', code: 'UNAVAILABLE', statusCode: 502 }),
      'UNAVAILABLE',
    ],
    ['no connection', failed({ name: 'ConnectionError', code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a time-out of the transport', { ...failed({ name: 'TimeoutError' }), timedOut: true } as FlushOutcome, 'timeout'],
    ['a time-out of the controller', failed({ name: 'FlushTimeoutError' }), 'timeout'],
    ['a status of a foreign exporter', failed({ name: 'OTLPExporterError', code: 429 }), '429'],
    ['an error that has only a name', failed({ name: 'TypeError' }), 'TypeError'],
    ['an error whose name is a message', failed({ name: 'order 4711 was not sent' }), '_OTHER'],
  ])('of %s', (_, outcome, expected) => {
    expect(errorTypeOf(outcome)).toBe(expected);
  });

  it('of a value that is not an error, or cannot be read, is _OTHER', () => {
    const unreadable = {
      get name(): string {
        throw new Error('secret');
      },
    };
    expect([undefined, null, 'no', 3, unreadable].map(errorTypeOfError)).toEqual(Array(5).fill('_OTHER'));
  });
});

it('items fail by a bounded number of types, and none of them gets lost', () => {
  const failures = new FailedItems();
  for (let type = 0; type < 100; type += 1) failures.add(`type${type}`, 2);
  const counts = [...failures];
  expect(counts.length).toBeLessThanOrEqual(33);
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(200);
});
