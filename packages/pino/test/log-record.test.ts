import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG, logRecordOf } from '../src/log-record.ts';
import { severityNumberOf } from '../src/severity.ts';

const FACTS = { pid: 42, hostname: 'host-1' };
const TRACE = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331', trace_flags: '01' };

const recordOf = (line: Record<string, unknown>) => logRecordOf({ level: 30, ...line }, DEFAULT_CONFIG, FACTS);

describe('a line of pino becomes a log record', () => {
  it('whose message is the body, and whose other fields are attributes', () => {
    expect(recordOf({ time: 1_700_000_000_123, msg: 'placed', name: 'shop', cart: { id: 7 } })).toEqual({
      time: [1_700_000_000, 123_000_000],
      severityNumber: 9,
      severityText: 'info',
      body: 'placed',
      attributes: { name: 'shop', cart: { id: 7 } },
      spanContext: undefined,
    });
  });

  it('without the process and the host that the resource names', () => {
    expect(recordOf(FACTS).attributes).toEqual({});
    expect(recordOf({ pid: 7, hostname: 'another' }).attributes).toEqual({ pid: 7, hostname: 'another' });
  });

  it.each([
    [1_700_000_000_123, [1_700_000_000, 123_000_000]],
    // stdTimeFunctions.unixTime
    [1_700_000_000, [1_700_000_000, 0]],
    // stdTimeFunctions.isoTime and isoTimeNano
    ['2023-11-14T22:13:20.123Z', [1_700_000_000, 123_000_000]],
    ['2023-11-14T22:13:20.123456789Z', [1_700_000_000, 123_456_789]],
    ['2023-11-14T22:13:20Z', [1_700_000_000, 0]],
  ])('at the time that pino wrote: %s', (time, expected) => {
    expect(recordOf({ time })).toMatchObject({ time: expected, attributes: {} });
  });

  it('of an unknown time, if the logger writes none or one of its own', () => {
    expect(recordOf({}).time).toBeUndefined();
    expect(recordOf({ time: 'noon' })).toMatchObject({ time: undefined, attributes: { time: 'noon' } });
  });

  it.each([
    ['01', 1],
    [1, 1],
    ['00', 0],
    [undefined, 0],
  ])('of the span that its fields name, with flags %s', (trace_flags, traceFlags) => {
    const { spanContext, attributes } = recordOf({ ...TRACE, trace_flags });
    expect(spanContext).toEqual({ traceId: TRACE.trace_id, spanId: TRACE.span_id, traceFlags });
    expect(attributes).toEqual({});
  });

  it.each([{ trace_id: 'of another system' }, { span_id: '0'.repeat(16) }, { span_id: undefined }])(
    "that keeps ids which are not OpenTelemetry's as attributes: %s",
    (wrong) => {
      const fields = JSON.parse(JSON.stringify({ ...TRACE, ...wrong })) as Record<string, unknown>;
      expect(recordOf(fields)).toMatchObject({ spanContext: undefined, attributes: fields });
    },
  );

  it('with the attributes of an exception for an error, and what else the error has where it was', () => {
    const err = { type: 'RangeError', message: 'no tea', stack: 'RangeError: no tea\n    at shop' };
    const exception = {
      'exception.type': 'RangeError',
      'exception.message': 'no tea',
      'exception.stacktrace': err.stack,
    };
    expect(recordOf({ err }).attributes).toEqual(exception);
    expect(recordOf({ err: { ...err, code: 'E_TEA' } }).attributes).toEqual({ ...exception, err: { code: 'E_TEA' } });
    expect(recordOf({ err: 'no tea' }).attributes).toEqual({ err: 'no tea' });
  });

  it.each([
    ['warn', 13],
    ['WARN', 13],
    ['Notice', 11],
    ['LOUD', undefined],
  ])('with its severity, if a formatter has replaced the number of the level by its name: %s', (level, severity) => {
    const levels = { labels: { 35: 'notice' }, values: { ...DEFAULT_CONFIG.levels.values, notice: 35 } };
    const record = logRecordOf({ level }, { ...DEFAULT_CONFIG, levels }, FACTS);
    expect(record).toMatchObject({ severityNumber: severity, severityText: level });
  });

  it.each([
    [
      'syslog',
      { emerg: 80, error: 50, warning: 40, info: 20, debug: 10 },
      { error: 17, warning: 13, info: 9, debug: 5 },
    ],
    [
      'levels in descending order',
      { error: 0, warn: 1, info: 2, debug: 3 },
      { error: 17, warn: 13, info: 9, debug: 5 },
    ],
  ])("with the severity of pino's name, whatever the logger's number for it: %s", (_, values, severities) => {
    const labels = Object.fromEntries(Object.entries(values).map(([name, level]) => [level, name]));
    const config = { ...DEFAULT_CONFIG, levels: { labels, values } };
    const severityOf = (level: number) => logRecordOf({ level }, config, FACTS).severityNumber;
    const found = Object.fromEntries(Object.entries(values).map(([name, level]) => [name, severityOf(level)]));
    expect(found).toMatchObject(severities);
  });
});

it.each([
  [10, 1],
  [20, 5],
  [30, 9],
  [40, 13],
  [50, 17],
  [60, 21],
  [35, 11],
  [39, 12],
  [5, 1],
  [100, 24],
])('level %d has severity %d', (level, severity) => {
  expect(severityNumberOf(undefined, level)).toBe(severity);
});
