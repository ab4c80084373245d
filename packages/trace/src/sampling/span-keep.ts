import { finiteFrom0 } from '@spillway/backpressure';
import { keepRule } from '@spillway/otlp';
import type { ReadableSpanLike } from '../readable-span.ts';

/** `SpanStatusCode.ERROR` of the API. */
const STATUS_ERROR = 2;
const MILLIS_PER_SECOND = 1_000;
const NANOS_PER_MILLI = 1e6;

/** Which spans are kept whatever the load. A span that fits one of them is. */
export interface SpanKeepRules {
  /** Those whose status is an error. Default: true. */
  readonly errors?: boolean | undefined;
  /** Those that took at least so many milliseconds. Default: none. */
  readonly slowerThanMillis?: number | undefined;
  /** Those with one of these names. Default: none. */
  readonly names?: readonly string[] | undefined;
  /** Those that have one of these attributes with this very value; `undefined` stands for any value. Default: none. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** Rules, or a function that says it of each span. What it throws is a no. */
export type SpanKeep = SpanKeepRules | ((span: ReadableSpanLike) => boolean);

/**
 * @returns whether a span is exempt from sampling
 * @throws RangeError or TypeError that names option and value
 */
export function exemptionOf(keep: SpanKeep = {}): (span: ReadableSpanLike) => boolean {
  if (typeof keep === 'function') return keepRule(keep);
  if (typeof keep !== 'object' || keep === null) throw new TypeError(`keep must be rules or a function, got ${String(keep)}`);
  const { errors = true, slowerThanMillis, names = [], attributes = {} } = keep;
  if (typeof errors !== 'boolean') throw new TypeError(`keep.errors must be true or false, got ${String(errors)}`);
  if (slowerThanMillis !== undefined) finiteFrom0('keep.slowerThanMillis', slowerThanMillis);
  if (!Array.isArray(names)) throw new TypeError(`keep.names must be an array of names, got ${String(names)}`);
  if (typeof attributes !== 'object' || attributes === null) throw new TypeError(`keep.attributes must be an object, got ${String(attributes)}`);
  const nameSet = new Set(names);
  const wanted = Object.entries(attributes);
  return (span) =>
    (errors && span.status.code === STATUS_ERROR) ||
    (slowerThanMillis !== undefined && millisOf(span) >= slowerThanMillis) ||
    (nameSet.size > 0 && nameSet.has(span.name)) ||
    (wanted.length > 0 && hasOneOf(span.attributes, wanted));
}

function millisOf({ startTime, endTime }: ReadableSpanLike): number {
  return (endTime[0] - startTime[0]) * MILLIS_PER_SECOND + (endTime[1] - startTime[1]) / NANOS_PER_MILLI;
}

function hasOneOf(attributes: ReadableSpanLike['attributes'], wanted: readonly (readonly [string, unknown])[]): boolean {
  for (const [key, value] of wanted) {
    const found = attributes[key];
    if (found !== undefined && (value === undefined || found === value)) return true;
  }
  return false;
}
