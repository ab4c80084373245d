import { describe, expect, it } from 'vitest';
import { type HttpAnswer, outcomeOfAnswer } from '../../src/transport/response-outcome.ts';
import { errorOf, partialSuccessBytes } from './sending.ts';

const outcomeOf = (answer: Partial<HttpAnswer>, now = 0) =>
  outcomeOfAnswer(
    {
      statusCode: 200,
      retryAfter: undefined,
      date: undefined,
      contentType: undefined,
      body: new Uint8Array(0),
      bodyProblem: undefined,
      ...answer,
    },
    { host: 'collector:4318', maxRetryAfterMillis: 60_000, now },
  );

const bytes = (...values: readonly (number | string)[]) =>
  Buffer.concat(values.map((value) => (typeof value === 'number' ? Buffer.of(value) : Buffer.from(value))));

describe('the outcome of a status', () => {
  it.for([
    [200, 'delivered'],
    [202, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [0, 'refused'],
    [199, 'refused'],
    [300, 'refused'],
    [304, 'refused'],
    [308, 'refused'],
    [400, 'refused'],
    [401, 'retry'],
    [403, 'retry'],
    [404, 'refused'],
    [408, 'refused'],
    [407, 'refused'],
    [412, 'refused'],
    [413, 'too_large'],
    [414, 'refused'],
    [428, 'refused'],
    [429, 'throttled'],
    [430, 'refused'],
    [500, 'refused'],
    [501, 'refused'],
    [502, 'retry'],
    [503, 'throttled'],
    [504, 'retry'],
    [505, 'refused'],
    [599, 'refused'],
  ] as const)('%i is %s', ([statusCode, kind]) => {
    expect(outcomeOf({ statusCode }).kind).toBe(kind);
  });

  it('400 is too_large if it has the message of the Collector for that', () => {
    const text = 'http: request body too large';
    expect(
      outcomeOf({
        statusCode: 400,
        contentType: 'application/x-protobuf',
        body: bytes(0x08, 3, 0x12, text.length, text),
      }).kind,
    ).toBe('too_large');
    expect(outcomeOf({ statusCode: 400, contentType: 'text/plain', body: bytes(text) }).kind).toBe('too_large');
    expect(outcomeOf({ statusCode: 403, contentType: 'text/plain', body: bytes(text) }).kind).toBe('retry');
  });

  it.for([401, 403])('%i means that the credentials are denied', (statusCode) => {
    expect(outcomeOf({ statusCode })).toMatchObject({ kind: 'retry', denied: true, error: { statusCode } });
  });

  it.for([429, 502, 503, 504])('%i with Retry-After is throttled for that time', (statusCode) => {
    expect(outcomeOf({ statusCode, retryAfter: '7' })).toMatchObject({ kind: 'throttled', retryAfterMs: 7000 });
  });

  it.for([
    ["by the server's clock if the answer has a date", 'Sun, 06 Nov 1994 08:49:30 GMT', 7_000],
    ['by the local clock if it has none', undefined, 60_000],
    ['by the local clock if its date is invalid', 'yesterday', 60_000],
  ] as const)('reads a date in Retry-After %s', ([, date, retryAfterMs]) => {
    expect(
      outcomeOf(
        { statusCode: 503, retryAfter: 'Sun, 06 Nov 1994 08:49:37 GMT', date },
        Date.UTC(1994, 10, 6, 7, 49, 37),
      ),
    ).toMatchObject({ retryAfterMs });
  });

  it.for([400, 413, 500, 301])('%i with Retry-After is the same as without', (statusCode) => {
    expect(outcomeOf({ statusCode, retryAfter: '7' })).not.toHaveProperty('retryAfterMs');
  });

  it('has a message with host and status, and the message of the server', () => {
    expect(errorOf(outcomeOf({ statusCode: 400, body: bytes('{"message":"no"}') }))).toMatchObject({
      name: 'HttpStatusError',
      statusCode: 400,
      message: 'collector:4318 answered 400: {"message":"no"}',
    });
  });

  it("shows at most 200 printable characters of the server's message", () => {
    const { message } = errorOf(
      outcomeOf({ statusCode: 500, body: bytes('\u001b[31m', '<p>\n\t', 'é'.repeat(100_000)) }),
    );
    expect(message).toMatch(/^collector:4318 answered 500: \[31m<p> é+…$/);
    expect(message.slice('collector:4318 answered 500: '.length)).toHaveLength(200);
  });

  it("shows only the host of a URL in the server's message", () => {
    const { message } = errorOf(
      outcomeOf({
        statusCode: 400,
        body: bytes('see https://u:secret@docs.test/a?k=secret#secret (http://b.test/secret) ok'),
      }),
    );
    expect(message).toBe('collector:4318 answered 400: see https://docs.test (http://b.test) ok');
  });

  it('shows the message of a google.rpc.Status in JSON if the type says so, and any other JSON unchanged', () => {
    const contentType = 'application/json';
    expect(
      errorOf(outcomeOf({ statusCode: 400, contentType, body: bytes('{"code":3,"message":"no"}') })).message,
    ).toMatch(/400: no$/);
    expect(errorOf(outcomeOf({ statusCode: 400, contentType, body: bytes('{"error":"no"}') })).message).toMatch(
      /400: {"error":"no"}$/,
    );
  });

  it('shows the message of a google.rpc.Status if the type says so, and nothing if the bytes are invalid', () => {
    const contentType = 'application/x-protobuf';
    expect(errorOf(outcomeOf({ statusCode: 400, contentType, body: bytes(0x08, 3, 0x12, 2, 'no') })).message).toMatch(
      /400: no$/,
    );
    expect(errorOf(outcomeOf({ statusCode: 400, contentType, body: bytes(0x12, 9, 'no') })).message).toMatch(/400$/);
  });

  it.for([0, 300, 301, 308, 399])('%i says that redirects are not followed', (statusCode) => {
    expect(errorOf(outcomeOf({ statusCode, body: bytes('moved') })).message).toMatch(
      /: redirects are not followed, set the url to where the collector is$/,
    );
  });
});

describe('the body of a success', () => {
  it.for([
    ['nothing', bytes()],
    ['an empty partial success', bytes(0x0a, 0)],
    ['zero rejected and no message', partialSuccessBytes(0, '')],
    ['unknown fields', bytes(0x12, 1, 'x', 0x18, 5, 0x21, '12345678', 0x2d, '1234')],
  ] as const)('is plain success if it is %s', ([, body]) => {
    expect(outcomeOf({ body })).toEqual({ kind: 'delivered' });
  });

  it('has the count of rejected items', () => {
    const outcome = outcomeOf({ body: bytes(0x0a, 3, 0x08, 0xac, 0x02) });
    expect(outcome).toMatchObject({
      kind: 'delivered',
      rejected: 300,
      error: { message: 'collector:4318 rejected 300 items' },
    });
  });

  it.for([
    ['a number', '{"partialSuccess":{"rejectedSpans":3,"errorMessage":"too old"}}'],
    [
      'a string, as ProtoJSON writes an int64',
      '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}}',
    ],
    ['the names of the proto file', '{"partial_success":{"rejected_data_points":"3","error_message":"too old"}}'],
  ])('has the count of rejected items in JSON, written as %s', ([, text]) => {
    const expected = { kind: 'delivered', rejected: 3, error: { message: 'collector:4318 rejected 3 items: too old' } };
    expect(outcomeOf({ contentType: 'application/json; charset=utf-8', body: bytes(text as string) })).toMatchObject(
      expected,
    );
    expect(outcomeOf({ body: bytes(text as string) }), 'without a type').toMatchObject(expected);
  });

  it.for(['{}', '{"partialSuccess":{}}', '{"partialSuccess":null}', '{"somethingNew":{"rejectedSpans":3}}'])(
    'is plain success if it is %s in JSON',
    (text) => {
      expect(outcomeOf({ contentType: 'application/json', body: bytes(text) })).toEqual({ kind: 'delivered' });
    },
  );

  it.for([
    '[]',
    '{"partialSuccess":3}',
    '{"partialSuccess":{"rejectedSpans":-3}}',
    '{"partialSuccess":{"rejectedSpans":"many"}}',
    '{"partialSuccess":{"errorMessage":3}}',
    '{',
  ])('is still delivered if it is invalid JSON, with an error that says so: %s', (text) => {
    expect(outcomeOf({ contentType: 'application/json', body: bytes(text) })).toEqual({
      kind: 'delivered',
      error: expect.objectContaining({ name: 'ResponseBodyError' }),
    });
  });

  it('may come in parts, which are merged, and the last value counts', () => {
    const outcome = outcomeOf({ body: bytes(0x0a, 4, 0x08, 1, 0x08, 2, 0x0a, 4, 0x12, 2, 'no') });
    expect(outcome).toMatchObject({ rejected: 2, error: { message: 'collector:4318 rejected 2 items: no' } });
  });

  it('may be a warning with nothing rejected, which becomes the error', () => {
    const outcome = outcomeOf({ body: partialSuccessBytes(0, 'slow down') });
    expect(outcome).toEqual({
      kind: 'delivered',
      error: expect.objectContaining({ name: 'PartialSuccessError', message: 'collector:4318 warned: slow down' }),
    });
  });

  it.for([
    ['text', bytes('OK')],
    ['a page of HTML', bytes('<html><body>Sign in</body></html>')],
    ['a message cut in half', partialSuccessBytes(3, 'no').subarray(0, 4)],
    ['an endless varint', bytes(...Array.from({ length: 20 }, () => 0xff))],
    ['a negative count', bytes(0x0a, 11, 0x08, ...Array.from({ length: 9 }, () => 0xff), 0x01)],
    ['a count of the wrong type', bytes(0x0a, 3, 0x0a, 1, 'x')],
    ['a partial success of the wrong type', bytes(0x08, 1)],
    ['text that is not UTF-8', bytes(0x0a, 3, 0x12, 1, 0xff)],
    ['field number 0', bytes(0x00, 0x00)],
    ['a group', bytes(0x0b, 0x0c)],
  ] as const)('is still delivered if it is %s, with an error that says so', ([, body]) => {
    expect(outcomeOf({ body })).toEqual({
      kind: 'delivered',
      error: expect.objectContaining({ name: 'ResponseBodyError', statusCode: 200 }),
    });
  });
});
