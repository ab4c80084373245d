import { startTimer, type Timer } from '@spillway/backpressure';
import type { ReadableLogRecordLike } from './readable-log-record.ts';

/** Different records remembered at a time: a storm has few. More than that is no repetition, and is let through. */
const MOST_RECORDS = 1_024;
/** Characters by which a record is remembered, and of an example's attributes: with {@link MOST_RECORDS}, some megabytes at most. */
const LONGEST_KEY = 2_048;
const LONGEST_ATTRIBUTES = 4_096;

const NANOS_PER_MILLI = 1e6;
/** The last moment that a `Date` can name. */
const LAST_MILLIS = 8.64e15;

/** What the Collector's log deduplication processor calls them. */
const COUNT_ATTRIBUTE = 'log_count';
const FIRST_TIME_ATTRIBUTE = 'first_observed_timestamp';
const LAST_TIME_ATTRIBUTE = 'last_observed_timestamp';

/** The repetitions of one record within the window. */
interface Repetition {
  count: number;
  /** The first repetition, as it was when it was emitted: the record itself may be changed later. */
  example: ReadableLogRecordLike | undefined;
  /** Milliseconds since 1970; NaN where a record has no such time. */
  firstObserved: number;
  lastObserved: number;
}

/**
 * Finds records that say the same as an earlier one (body, severity and scope) and tells of them in one summary a window.
 *
 * ```
 *  window   |  A  A  A  B  A  |  A  A  |           |
 *  let in      A        B      A(x3)    A(x2)
 * ```
 *
 * The first of its kind is let in as it is, so nothing is late. Only what was let in is remembered: where the first had to
 * be refused, so have the others, each with its reason.
 */
export class RepeatedRecords {
  readonly #windowMillis: number;
  readonly #emit: (summary: ReadableLogRecordLike) => void;
  readonly #byScope = new Map<object, Map<string, Repetition>>();
  #size = 0;
  #timer: Timer | undefined;

  /**
   * @param windowMillis for how long repetitions are counted before they are told
   * @param emit takes the summaries
   */
  constructor(windowMillis: number, emit: (summary: ReadableLogRecordLike) => void) {
    this.#windowMillis = windowMillis;
    this.#emit = emit;
  }

  /** @returns whether the record repeats another one; it is then part of a summary, and not to be kept */
  absorb(record: ReadableLogRecordLike): boolean {
    if (this.#size === 0) return false;
    const key = keyOf(record);
    const known = key === undefined ? undefined : this.#byScope.get(record.instrumentationScope)?.get(key);
    if (known === undefined) return false;
    const observed = millisOf(record.hrTimeObserved);
    if (known.example === undefined) {
      known.example = copyOf(record);
      known.firstObserved = observed;
    }
    known.lastObserved = observed;
    known.count += 1;
    return true;
  }

  /** A record was let in: others that say the same are from now on counted. */
  remember(record: ReadableLogRecordLike): void {
    const key = keyOf(record);
    if (key === undefined || this.#size >= MOST_RECORDS) return;
    const scope = record.instrumentationScope;
    let repetitions = this.#byScope.get(scope);
    if (repetitions === undefined) this.#byScope.set(scope, (repetitions = new Map()));
    if (repetitions.has(key)) return;
    repetitions.set(key, noRepetition());
    this.#size += 1;
    if (this.#timer === undefined) this.#startWindow();
  }

  /** Tells of what was repeated since the window began, and forgets what was not. */
  endWindow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const summaries: ReadableLogRecordLike[] = [];
    for (const [scope, repetitions] of this.#byScope) {
      for (const [key, repetition] of repetitions) {
        if (repetition.example === undefined) {
          repetitions.delete(key);
          this.#size -= 1;
          continue;
        }
        summaries.push(summaryOf(repetition.example, repetition));
        // A storm goes on: what it brings in the next window is part of the next summary.
        repetitions.set(key, noRepetition());
      }
      if (repetitions.size === 0) this.#byScope.delete(scope);
    }
    if (this.#size > 0) this.#startWindow();
    for (const summary of summaries) this.#emit(summary);
  }

  /** Tells of the last repetitions, and ends. */
  close(): void {
    this.endWindow();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#byScope.clear();
    this.#size = 0;
  }

  #startWindow(): void {
    this.#timer = startTimer(() => this.endWindow(), this.#windowMillis);
  }
}

function noRepetition(): Repetition {
  return { count: 0, example: undefined, firstObserved: Number.NaN, lastObserved: Number.NaN };
}

/** What records must have in common; `undefined` for one that is not looked at. The length keeps name and body apart. */
function keyOf({ body, severityNumber, eventName = '' }: ReadableLogRecordLike): string | undefined {
  if (typeof body !== 'string') return undefined;
  const key = `${String(severityNumber)} ${eventName.length} ${eventName}${body}`;
  return key.length > LONGEST_KEY ? undefined : key;
}

/** Flat values alone, up to a length: they are as they were, whatever becomes of the record's. */
function exampleAttributes(attributes: ReadableLogRecordLike['attributes']): Record<string, unknown> {
  const example: Record<string, unknown> = {};
  let characters = 0;
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    characters += key.length + String(value).length;
    if (characters > LONGEST_ATTRIBUTES) break;
    example[key] = value;
  }
  return example;
}

/** The fields of a record are getters of its class, which a spread does not see. */
function copyOf(record: ReadableLogRecordLike): ReadableLogRecordLike {
  return {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    spanContext: record.spanContext,
    severityText: record.severityText,
    severityNumber: record.severityNumber,
    body: record.body,
    eventName: record.eventName,
    resource: record.resource,
    instrumentationScope: record.instrumentationScope,
    attributes: exampleAttributes(record.attributes),
    droppedAttributesCount: record.droppedAttributesCount,
  };
}

function summaryOf(example: ReadableLogRecordLike, { count, firstObserved, lastObserved }: Repetition): ReadableLogRecordLike {
  const attributes: Record<string, unknown> = { ...example.attributes, [COUNT_ATTRIBUTE]: count };
  if (isMoment(firstObserved)) attributes[FIRST_TIME_ATTRIBUTE] = new Date(firstObserved).toISOString();
  if (isMoment(lastObserved)) attributes[LAST_TIME_ATTRIBUTE] = new Date(lastObserved).toISOString();
  return { ...example, attributes };
}

function millisOf(time: ReadableLogRecordLike['hrTime']): number {
  return time[0] * 1_000 + time[1] / NANOS_PER_MILLI;
}

function isMoment(millis: number): boolean {
  return Math.abs(millis) <= LAST_MILLIS;
}
