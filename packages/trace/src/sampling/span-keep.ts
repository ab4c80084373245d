import { finiteFrom0 } from '@spillway/backpressure';
import { keepRule } from '@spillway/pipeline';
import type { ReadableSpanLike } from '../readable-span.ts';

/** `SpanStatusCode.ERROR` of the API. */
const STATUS_ERROR = 2;
const MILLIS_PER_SECOND = 1_000;
const NANOS_PER_MILLI = 1e6;

/** Which spans are kept whatever the load. A span is kept if it matches at least one rule. */
export interface SpanKeepRules {
  /** Keeps spans whose status is an error. Default: true. */
  readonly errors?: boolean | undefined;
  /** Keeps spans that took at least this many milliseconds. Default: none. */
  readonly slowerThanMillis?: number | undefined;
  /** Keeps spans with one of these names. Default: none. */
  readonly names?: readonly string[] | undefined;
  /**
   * Keeps spans that have one of these attributes with exactly this value; `undefined` matches any value. Default:
   * none.
   */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** Rules, or a function that decides for each span. If the function throws, the span is not exempt. */
export type SpanKeep = SpanKeepRules | ((span: ReadableSpanLike) => boolean);

/**
 * @returns whether a span is exempt from sampling
 * @throws RangeError or TypeError that names option and value
 */
export function exemptionOf(keep: SpanKeep = {}): (span: ReadableSpanLike) => boolean {
  if (typeof keep === 'function') return keepRule(keep);
  check(keep);
  const { errors = true, slowerThanMillis, names = [], attributes = {} } = keep;
  const nameSet = new Set(names);
  const wanted = Object.entries(attributes);
  return (span) =>
    (errors && span.status.code === STATUS_ERROR) ||
    (slowerThanMillis !== undefined && millisOf(span) >= slowerThanMillis) ||
    (nameSet.size > 0 && nameSet.has(span.name)) ||
    (wanted.length > 0 && hasOneOf(span.attributes, wanted));
}

/** Refuses unknown names: a misspelled rule would have no effect, and nobody would notice until it is needed. */
function check(keep: SpanKeepRules): void {
  if (!isObject(keep)) throw new TypeError(`keep must be rules or a function, got ${shown(keep)}`);
  for (const [name, value] of Object.entries(keep)) {
    if (!Object.hasOwn(CHECKS, name))
      throw new TypeError(
        `keep.${name} is not a rule, got ${shown(value)}: the rules are ${Object.keys(CHECKS).join(', ')}`,
      );
    if (value !== undefined) CHECKS[name as keyof SpanKeepRules](`keep.${name}`, value);
  }
}

const CHECKS: { readonly [Name in keyof SpanKeepRules]-?: (option: string, value: unknown) => void } = {
  errors: (option, value) => demand(typeof value === 'boolean', option, 'true or false', value),
  slowerThanMillis: (option, value) => void finiteFrom0(option, value as number),
  names: (option, value) =>
    demand(Array.isArray(value) && value.every((name) => typeof name === 'string'), option, 'an array of names', value),
  attributes: (option, value) => demand(isObject(value), option, 'an object', value),
};

function demand(isMet: boolean, option: string, expectation: string, value: unknown): void {
  if (!isMet) throw new TypeError(`${option} must be ${expectation}, got ${shown(value)}`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(String).join(', ')}]` : String(value);
}

function millisOf({ startTime, endTime }: ReadableSpanLike): number {
  return (endTime[0] - startTime[0]) * MILLIS_PER_SECOND + (endTime[1] - startTime[1]) / NANOS_PER_MILLI;
}

function hasOneOf(
  attributes: ReadableSpanLike['attributes'],
  wanted: readonly (readonly [string, unknown])[],
): boolean {
  for (const [key, value] of wanted) {
    const found = attributes[key];
    if (found !== undefined && (value === undefined || found === value)) return true;
  }
  return false;
}
