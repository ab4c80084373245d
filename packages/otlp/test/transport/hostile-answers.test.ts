import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOfAnswer } from '../../src/transport/response-outcome.ts';
import { parseRetryAfter } from '../../src/transport/retry-after.ts';
import { errorOf, partialSuccessBytes } from './sending.ts';

const MEBIBYTE = 2 ** 20;
const CONTEXT = { host: 'collector:4318', maxRetryAfterMillis: 60_000, now: Date.UTC(2026, 0, 1) };
const RUNS = { numRuns: 2_000, seed: 7 };

/** Host, status, and an excerpt. */
const LONGEST_MESSAGE = 300;

const text = fc.string({ unit: 'binary', maxLength: 2_000 });

/** A partial success that was damaged on its way. */
const damaged = fc
  .record({
    rejected: fc.nat({ max: 127 }),
    message: fc.string({ maxLength: 40 }),
    at: fc.nat(),
    byte: fc.nat({ max: 255 }),
    end: fc.nat({ max: 60 }),
  })
  .map(({ rejected, message, at, byte, end }) => {
    const bytes = Uint8Array.from(partialSuccessBytes(rejected, message));
    bytes[at % bytes.length] = byte;
    return bytes.slice(0, end);
  });

/** Fields with arbitrary lengths and numbers, such as 2^63 bytes. */
const claims = fc
  .array(fc.tuple(fc.constantFrom(0x08, 0x0a, 0x12, 0x1a, 0x0b, 0x0d, 0x09, 0x00), fc.uint8Array({ maxLength: 11 })), {
    maxLength: 8,
  })
  .map((fields) => Uint8Array.from(fields.flatMap(([tag, rest]) => [tag, ...rest])));

const status = fc.record({ code: fc.anything(), message: fc.anything(), details: fc.anything() }).map((value) => {
  try {
    return Buffer.from(
      JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? String(field) : field)),
    );
  } catch {
    return Buffer.from('{"code":');
  }
});

const answer = fc.record({
  statusCode: fc.oneof(fc.constantFrom(0, 200, 202, 204, 301, 400, 413, 429, 500, 502, 503, 504), fc.nat({ max: 999 })),
  retryAfter: fc.oneof(
    fc.constantFrom(null, undefined),
    text,
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  ),
  date: fc.oneof(
    fc.constantFrom(null, undefined),
    text,
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  ),
  contentType: fc.oneof(
    fc.constantFrom(null, undefined, 'application/x-protobuf', 'application/grpc', 'application/json'),
    text,
  ),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    damaged,
    claims,
    status,
    text.map((body) => Buffer.from(body)),
  ),
  bodyProblem: fc.constantFrom(undefined, undefined, 'was cut off'),
});

describe('any answer', () => {
  it('has an outcome with meaningful numbers and a printable message', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const outcome = outcomeOfAnswer(given, CONTEXT);
        expect(['delivered', 'retry', 'throttled', 'refused', 'too_large']).toContain(outcome.kind);
        // Only the status tells whether the collector has the items.
        expect(outcome.kind === 'delivered').toBe(given.statusCode >= 200 && given.statusCode < 300);
        const rejected = outcome.kind === 'delivered' ? (outcome.rejected ?? 1) : 1;
        expect(Number.isSafeInteger(rejected) && rejected > 0).toBe(true);
        const wait = outcome.kind === 'throttled' ? (outcome.retryAfterMs ?? 1) : 1;
        expect(wait > 0 && wait <= CONTEXT.maxRetryAfterMillis).toBe(true);
        const { message = '' } = outcome.error ?? {};
        expect(message.length).toBeLessThanOrEqual(LONGEST_MESSAGE);
        expect(message).not.toMatch(/\p{Cc}/u);
      }),
      RUNS,
    );
  });

  it('has a Retry-After that is within bounds or ignored', () => {
    const parts = fc.array(
      fc.oneof(
        fc.constantFrom('Mon, ', 'Sunday', 'GMT', ' ', ':', '-', '+', '.', 'e', '0x', '275760', '-271821'),
        fc.nat().map(String),
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          parts.map((all) => all.join('')),
          fc.date().map(String),
          fc.double().map(String),
        ),
        fc.integer(),
        (value, now) => {
          const millis = parseRetryAfter(value, now, CONTEXT.maxRetryAfterMillis);
          expect(millis === undefined || (millis > 0 && millis <= CONTEXT.maxRetryAfterMillis)).toBe(true);
        },
      ),
      RUNS,
    );
  });
});

describe('an answer full of tiny fields', () => {
  it.each([
    ['empty partial successes', [0x0a, 0]],
    ['partial successes with a message', [0x0a, 3, 0x12, 1, 0x61]],
    ['unknown fields', [0x10, 1]],
  ])('is not read to its end, which would block the event loop: %s', (_, field) => {
    const body = new Uint8Array(4 * MEBIBYTE).map((_byte, index) => field[index % field.length] as number);
    const given = {
      statusCode: 200,
      retryAfter: null,
      date: null,
      contentType: 'application/x-protobuf',
      bodyProblem: undefined,
    };
    const outcome = outcomeOfAnswer(
      { ...given, body: body.subarray(0, body.length - (body.length % field.length)) },
      CONTEXT,
    );
    expect(outcome).toMatchObject({ kind: 'delivered', error: { name: 'ResponseBodyError' } });
    expect(errorOf(outcome).message.length).toBeLessThanOrEqual(LONGEST_MESSAGE);
  });

  it('is not read to its end either if they are all in one partial success', () => {
    const fields = 3 * MEBIBYTE;
    // Field 3, which is unknown, with the number 24.
    const body = new Uint8Array(5 + fields).fill(0x18);
    // 0x0a, and the length with seven bits a byte.
    body.set([
      0x0a,
      0x80 | (fields & 0x7f),
      0x80 | ((fields >> 7) & 0x7f),
      0x80 | ((fields >> 14) & 0x7f),
      fields >> 21,
    ]);
    const outcome = outcomeOfAnswer(
      { statusCode: 200, retryAfter: null, date: null, contentType: null, body, bodyProblem: undefined },
      CONTEXT,
    );
    expect(outcome).toMatchObject({ kind: 'delivered', error: { name: 'ResponseBodyError' } });
  });

  it('is read if it has only a few hundred unknown fields', () => {
    const body = Buffer.concat([
      ...Array.from({ length: 400 }, () => Buffer.of(0x10, 1)),
      partialSuccessBytes(3, 'no such tenant'),
    ]);
    const outcome = outcomeOfAnswer(
      { statusCode: 200, retryAfter: null, date: null, contentType: null, body, bodyProblem: undefined },
      CONTEXT,
    );
    expect(outcome).toMatchObject({ kind: 'delivered', rejected: 3 });
  });
});
