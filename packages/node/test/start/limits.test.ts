import { describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

const PROGRAM = (options: string) => `
  const spillway = start({ application, ${options} });
  const span = trace.getTracer('test').startSpan('order', { attributes: { a: 'long', b: 'long' }, links: [1, 2, 3].map(() => ({ context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }, attributes: { a: 1, b: 2 } })) });
  for (const name of ['one', 'two', 'three']) span.addEvent(name, { a: 1, b: 2 });
  span.end();
  logs.getLogger('test').emit({ body: 'order placed', attributes: { a: 'long', b: 'long' } });
  await spillway.shutdown();`;

/** What was sent of each kind. */
async function sent(options: string, env: Readonly<Record<string, string>> = {}) {
  await using collector: Collector = await startCollector();
  await programs.run(PROGRAM(options), { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env });
  const span = collector.spans()[0]?.span;
  const record = collector.logRecords()[0]?.logRecord;
  return {
    span: (span?.attributes ?? []).map(({ value }) => value?.stringValue),
    events: (span?.events ?? []).map(({ attributes }) => attributes?.length ?? 0),
    links: (span?.links ?? []).map(({ attributes }) => attributes?.length ?? 0),
    record: (record?.attributes ?? []).map(({ value }) => value?.stringValue),
  };
}

describe('limits of spans and log records', () => {
  it('are those of the SDK by default', async () => {
    expect(await sent('')).toEqual({
      span: ['long', 'long'],
      events: [2, 2, 2],
      links: [2, 2, 2],
      record: ['long', 'long'],
    });
  });

  it('may each be set in code', async () => {
    const spanLimits =
      '{ attributeCountLimit: 1, attributeValueLengthLimit: 2, eventCountLimit: 2, linkCountLimit: 1, attributePerEventCountLimit: 1, attributePerLinkCountLimit: 0 }';
    expect(
      await sent(
        `spanLimits: ${spanLimits}, logRecordLimits: { attributeCountLimit: 1, attributeValueLengthLimit: 3 }`,
      ),
    ).toEqual({ span: ['lo'], events: [1, 1], links: [0], record: ['lon'] });
  });

  it('in code win over variables, but limits that are left out do not', async () => {
    const env = { OTEL_ATTRIBUTE_COUNT_LIMIT: '1', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1' };
    expect(
      await sent(
        'spanLimits: { attributeCountLimit: Infinity }, logRecordLimits: { attributeValueLengthLimit: 2, attributeCountLimit: undefined }',
        env,
      ),
    ).toMatchObject({ span: ['l', 'l'], record: ['lo'] });
  });
});
