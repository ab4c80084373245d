import { wallTime } from '@spillway/backpressure';
import { hrTimeOf, type ResourceLike } from '@spillway/otlp/encoding';
import type { LossReport } from '@spillway/pipeline';
import type { ReadableLogRecordLike } from './readable-log-record.ts';

const SCOPE = { name: '@spillway/logs' };

/** The last moment that a `Date` can represent. */
const LAST_MILLIS = 8.64e15;

interface Kind {
  readonly eventName: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly verb: string;
  /** Begins the names of the attributes. */
  readonly prefix: string;
}

const KINDS: Readonly<Record<LossReport['kind'], Kind>> = {
  lost: {
    eventName: 'spillway.telemetry.lost',
    severityNumber: 13,
    severityText: 'WARN',
    verb: 'lost',
    prefix: 'spillway.lost',
  },
  sampled_out: {
    eventName: 'spillway.telemetry.sampled_out',
    severityNumber: 9,
    severityText: 'INFO',
    verb: 'sampled out',
    prefix: 'spillway.sampled_out',
  },
};

const ITEM: Readonly<Record<string, string>> = { traces: 'span', logs: 'log record', metrics: 'data point' };

/** What a backend is told of lost items. */
export function lossReportRecord(report: LossReport, resource: ResourceLike): ReadableLogRecordLike {
  const { kind, signal, component, countByReason, firstAt, lastAt } = report;
  const { eventName, severityNumber, severityText, verb, prefix } = KINDS[kind];
  const byCount = Object.entries(countByReason).toSorted(([, a], [, b]) => b - a);
  const count = byCount.reduce((sum, [, each]) => sum + each, 0);
  const reasons = byCount.map(([reason, each]) => `${each} ${reason}`).join(', ');
  const time = hrTimeOf(wallTime());
  return {
    hrTime: time,
    hrTimeObserved: time,
    spanContext: undefined,
    severityNumber,
    severityText,
    eventName,
    body: `Spillway ${verb} ${count} ${ITEM[signal] ?? 'item'}${count === 1 ? '' : 's'} of ${component.name}: ${reasons}`,
    resource,
    instrumentationScope: SCOPE,
    attributes: {
      'otel.component.type': component.type,
      'otel.component.name': component.name,
      'spillway.signal': signal,
      [`${prefix}.count`]: count,
      [`${prefix}.reason`]: byCount[0]?.[0] ?? '',
      ...Object.fromEntries(byCount.map(([reason, each]) => [`${prefix}.count.${reason}`, each])),
      [`${prefix}.first_time`]: isoOf(firstAt),
      [`${prefix}.last_time`]: isoOf(lastAt),
    },
    droppedAttributesCount: 0,
  };
}

/** The wall clock may be set to anything. */
function isoOf(millis: number): string {
  return Math.abs(millis) <= LAST_MILLIS ? new Date(millis).toISOString() : '';
}
