import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { attributes, count, resource, scope, spanContext, text, time } from './value-arbitraries.ts';

const event = fc.record(
  { time, name: text, attributes, droppedAttributesCount: count },
  { requiredKeys: ['time', 'name'] },
);
const link = fc.record(
  { context: spanContext, attributes, droppedAttributesCount: count },
  { requiredKeys: ['context'] },
);

/** Spans as either SDK line could make them, with every type of value, including some that neither makes today. */
export const anySpan = fc
  .record(
    {
      name: text,
      kind: fc.nat(4),
      context: spanContext,
      parentSpanContext: spanContext,
      startTime: time,
      endTime: time,
      status: fc.record({ code: fc.nat(2), message: text }, { requiredKeys: ['code'] }),
      attributes,
      events: fc.array(event, { maxLength: 3 }),
      links: fc.array(link, { maxLength: 3 }),
      resource,
      instrumentationScope: scope,
      droppedAttributesCount: count,
      droppedEventsCount: count,
      droppedLinksCount: count,
    },
    {
      requiredKeys: [
        'name',
        'kind',
        'context',
        'startTime',
        'endTime',
        'status',
        'attributes',
        'events',
        'links',
        'resource',
        'instrumentationScope',
        'droppedAttributesCount',
        'droppedEventsCount',
        'droppedLinksCount',
      ],
    },
  )
  .map(
    ({ context, ...span }) =>
      ({ ...span, spanContext: () => context, duration: [0, 0], ended: true }) as unknown as ReadableSpan,
  );
