import type { ReadableLogRecordLike } from '@spillway/logs';
import fc from 'fast-check';
import { attributes, count, resource, scope, spanContext, text, time, value } from './value-arbitraries.ts';

/**
 * Log records as either SDK line could make them, with every type of value, including some that neither makes today.
 */
export const anyLogRecord: fc.Arbitrary<ReadableLogRecordLike> = fc.record(
  {
    hrTime: time,
    hrTimeObserved: time,
    spanContext,
    severityText: text,
    severityNumber: fc.nat(24),
    body: value,
    eventName: text,
    attributes,
    droppedAttributesCount: count,
    resource,
    instrumentationScope: scope,
  },
  {
    requiredKeys: [
      'hrTime',
      'hrTimeObserved',
      'attributes',
      'droppedAttributesCount',
      'resource',
      'instrumentationScope',
    ],
  },
);
