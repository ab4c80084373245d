import type { ReadableLogRecordLike } from '@spillway/logs';
import { randomTraceId } from '../../packages/sampling/test/seeded-random.ts';
import { STEP_MILLIS } from './simulated-time.ts';

const SEVERITY_INFO = 9;
const MOST_IN_TRACE = 10;
const STEPS_PER_SECOND = 1_000 / STEP_MILLIS;

const RESOURCE = { attributes: { 'service.name': 'under load' } };
const SCOPE = { name: 'records of traces and of none' };
const TIME = [1_700_000_000, 0] as const;

/** The bodies. */
export const IN_TRACE = 'in a trace';
export const WITHOUT_TRACE = 'without a trace';

/** Records by the time step in which they are emitted. */
export type LogLoad = readonly (readonly ReadableLogRecordLike[])[];

/** Half of the records belong to traces, 1 to 10 to each, and half to none. */
export function logLoad(random: () => number, recordsPerSecond: number, seconds: number): LogLoad {
  const steps: ReadableLogRecordLike[][] = Array.from({ length: seconds * STEPS_PER_SECOND }, () => []);
  const emit = (record: ReadableLogRecordLike, second: number): void => {
    steps[Math.min(steps.length - 1, Math.floor(second * STEPS_PER_SECOND))]?.push(record);
  };
  const each = (seconds * recordsPerSecond) / 2;
  for (let made = 0; made < each; made += 1) emit(recordOf(WITHOUT_TRACE, undefined), random() * seconds);
  for (let made = 0; made < each;) {
    const begin = random() * seconds;
    const record = recordOf(IN_TRACE, { traceId: randomTraceId(random), spanId: 'b7ad6b7169203331', traceFlags: 1 });
    for (let left = 1 + Math.floor(random() * MOST_IN_TRACE); left > 0; left -= 1, made += 1)
      emit(record, begin + random());
  }
  return steps;
}

function recordOf(body: string, spanContext: ReadableLogRecordLike['spanContext']): ReadableLogRecordLike {
  return {
    hrTime: TIME,
    hrTimeObserved: TIME,
    spanContext,
    severityNumber: SEVERITY_INFO,
    body,
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    attributes: {},
    droppedAttributesCount: 0,
  };
}
