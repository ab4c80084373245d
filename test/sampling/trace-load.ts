import type { ReadableSpanLike } from '@spillway/trace';
import { randomTraceId } from '../../packages/sampling/test/seeded-random.ts';
import { STEP_MILLIS } from './simulated-time.ts';

const LONGEST_TRACE = 20;
const MEAN_LENGTH = (1 + LONGEST_TRACE) / 2;
const STEPS_PER_SECOND = 1_000 / STEP_MILLIS;

const STATUS_UNSET = 0;
const STATUS_ERROR = 2;

/** Names of spans, with their percentage. */
export const SPAN_NAMES = {
  'GET /': 50,
  'SELECT items': 30,
  'GET /item': 14,
  'publish order': 5,
  'POST /order': 1,
} as const;

/** The name of all spans that are errors, and only of those. */
export const ERROR_SPAN_NAME = 'failed';

const NAMES_BY_PERCENT = Object.entries(SPAN_NAMES).flatMap(([name, percent]) =>
  Array.from({ length: percent }, () => name),
);

const RESOURCE = { attributes: { 'service.name': 'under load' } };
const SCOPE = { name: 'traces of 1 to 20 spans' };
const TIME = [1_700_000_000, 0] as const;

export interface TraceLoadOptions {
  readonly random: () => number;
  /** Spans made per second at that time; 0 ends the load. */
  readonly spansPerSecond: (second: number) => number;
  /** The most spans made. Default: until the load ends. */
  readonly spans?: number;
  /** The spans of a trace end within this time. Default 1 s, so that most traces span two windows of the sampler. */
  readonly traceSeconds?: number;
  /** The share of traces in which one span is an error. Default 0. */
  readonly errors?: number;
  /** Length of an attribute of each span, in strings of a hundred characters. Default 0, for no attribute. */
  readonly payload?: number;
}

/** Spans by the time step in which they end. */
export type TraceLoad = readonly (readonly ReadableSpanLike[])[];

/** Traces of 1 to 20 spans each that begin at random; their ids, and so their randomness, come from the same seed. */
export function traceLoad(options: TraceLoadOptions): TraceLoad {
  const { random, spansPerSecond, spans = Infinity, traceSeconds = 1, errors = 0, payload = 0 } = options;
  const attributes = payload === 0 ? {} : { payload: Array.from({ length: payload / 100 }, () => 'x'.repeat(100)) };
  const steps: ReadableSpanLike[][] = [];
  let made = 0;
  let second = 0;
  for (let rate = spansPerSecond(0); rate > 0 && made < spans; rate = spansPerSecond(second)) {
    const length = Math.min(1 + Math.floor(random() * LONGEST_TRACE), spans - made);
    const failing = random() < errors ? Math.floor(random() * length) : -1;
    const traceId = randomTraceId(random);
    for (let index = 0; index < length; index += 1, made += 1) {
      const step = Math.floor((second + random() * traceSeconds) * STEPS_PER_SECOND);
      while (steps.length <= step) steps.push([]);
      const drawn = NAMES_BY_PERCENT[Math.floor(random() * NAMES_BY_PERCENT.length)] as string;
      const isError = index === failing;
      steps[step]?.push(
        spanOf(traceId, made, isError ? ERROR_SPAN_NAME : drawn, isError ? STATUS_ERROR : STATUS_UNSET, attributes),
      );
    }
    // Traces begin independently of each other, so the time between two is exponentially distributed.
    second += (-Math.log(1 - random()) * MEAN_LENGTH) / rate;
  }
  return steps;
}

/** How many spans of a load have that name. */
export function countOfName(load: TraceLoad, name: string): number {
  return load.reduce((count, spans) => count + spans.filter((span) => span.name === name).length, 0);
}

function spanOf(
  traceId: string,
  id: number,
  name: string,
  code: number,
  attributes: ReadableSpanLike['attributes'],
): ReadableSpanLike {
  const context = { traceId, spanId: (id + 1).toString(16).padStart(16, '0'), traceFlags: 1 };
  return {
    name,
    kind: 1,
    spanContext: () => context,
    startTime: TIME,
    endTime: TIME,
    status: { code },
    attributes,
    links: [],
    events: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
