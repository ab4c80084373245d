import { describe, expect, it } from 'vitest';
import { outcomeOfAbort, outcomeOfFailure, outcomeOfTimeout } from '../../src/transport/failure-outcome.ts';
import { isOtlpTransportError } from '../../src/transport/transport-error.ts';
import { errorOf } from './sending.ts';

const coded = (code: string, message = 'told') => Object.assign(new Error(message), { code });
const failing = (error: unknown, connected?: boolean) => outcomeOfFailure({ error, host: 'collector:4318', connected });

describe('the outcome of a failed connection', () => {
  it('is unreachable if there never was a connection, whatever the code', () => {
    expect(failing(coded('ECONNRESET'), false)).toMatchObject({ kind: 'retry', unreachable: true });
    expect(failing(coded('ECONNREFUSED'), true)).toEqual({ kind: 'retry', error: expect.any(Error) });
  });

  it.for(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])(
    'is unreachable by the code %s if the platform does not tell whether there was a connection',
    (code) => {
      expect(failing(new TypeError('fetch failed', { cause: coded(code) }))).toMatchObject({
        kind: 'retry',
        unreachable: true,
        error: { code },
      });
    },
  );

  it.for(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'CERT_HAS_EXPIRED'])('is not unreachable by the code %s', (code) => {
    expect(failing(new TypeError('fetch failed', { cause: coded(code) }))).toEqual({
      kind: 'retry',
      error: expect.objectContaining({ code }),
    });
  });

  it.for([
    [coded('ECONNRESET', 'socket hang up'), 'the connection to collector:4318 broke (ECONNRESET): socket hang up'],
    [
      coded('CERT_HAS_EXPIRED', 'certificate has expired'),
      'TLS with collector:4318 failed (CERT_HAS_EXPIRED): certificate has expired',
    ],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'TLS with collector:4318 failed (DEPTH_ZERO_SELF_SIGNED_CERT): told'],
    [coded('EPROTO'), 'TLS with collector:4318 failed (EPROTO): told'],
    [
      coded('HPE_INVALID_CONSTANT'),
      'collector:4318 did not answer in HTTP/1.1 (HPE_INVALID_CONSTANT): is it the port of another protocol, such as gRPC?',
    ],
    ['a string', 'the connection to collector:4318 broke: a string'],
  ] as const)('has a message about what happened', ([error, message]) => {
    expect(errorOf(failing(error, true)).message).toBe(message);
  });

  it('has a message with the failure of each address', () => {
    const error = Object.assign(new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]), {
      code: 'ECONNREFUSED',
    });
    expect(errorOf(failing(error, false)).message).toBe(
      'no connection to collector:4318 (ECONNREFUSED): refused ::1, refused 127.0.0.1',
    );
  });

  it('is recognised by its shape', () => {
    expect(isOtlpTransportError(errorOf(failing(coded('EPIPE'))))).toBe(true);
    expect(isOtlpTransportError(new Error('other'))).toBe(false);
    expect(isOtlpTransportError(undefined)).toBe(false);
  });
});

describe('the outcome of a timeout', () => {
  it.for([true, undefined])('is marked as a time-out (connected: %s)', (connected) => {
    expect(outcomeOfTimeout('collector:4318', 100, connected)).toEqual({
      kind: 'retry',
      timedOut: true,
      error: expect.objectContaining({ name: 'TimeoutError' }),
    });
  });

  it('is also unreachable if there was no connection', () => {
    expect(outcomeOfTimeout('collector:4318', 100, false)).toMatchObject({
      kind: 'retry',
      timedOut: true,
      unreachable: true,
    });
  });
});

describe('the outcome of an aborted request', () => {
  const reasonOf = (abort: (controller: AbortController) => void): unknown => {
    const controller = new AbortController();
    abort(controller);
    return controller.signal.reason;
  };

  it.for([
    ['an error', (controller) => controller.abort(new Error('the pipeline has ended')), ': the pipeline has ended'],
    ['no reason', (controller) => controller.abort(), ''],
    ['a reason that is not an error', (controller) => controller.abort('enough'), ''],
  ] as readonly [string, (controller: AbortController) => void, string][])(
    'says why only if the reason is an error of somebody: %s',
    ([, abort, why]) => {
      expect(errorOf(outcomeOfAbort('collector:4318', reasonOf(abort))).message).toBe(
        `the request to collector:4318 was aborted${why}`,
      );
    },
  );
});
