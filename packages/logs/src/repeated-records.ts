import { startTimer, type Timer } from '@spillway/backpressure';
import type { ReadableLogRecordLike } from './readable-log-record.ts';

/** Different records remembered at a time. A storm has few different records; any more are let through. */
const MOST_RECORDS = 1_024;
/**
 * Most characters of a record's key, and of an example's attributes. With {@link MOST_RECORDS}, that is some megabytes.
 */
const LONGEST_KEY = 2_048;
const LONGEST_ATTRIBUTES = 4_096;

const NANOS_PER_MILLI = 1e6;
/** The last moment that a `Date` can represent. */
const LAST_MILLIS = 8.64e15;

/** The names that the Collector's log deduplication processor uses. */
const COUNT_ATTRIBUTE = 'log_count';
const FIRST_TIME_ATTRIBUTE = 'first_observed_timestamp';
const LAST_TIME_ATTRIBUTE = 'last_observed_timestamp';

/** The repetitions of one record within the window. */
interface Repetition {
  count: number;
  /** A copy of the first repetition as it was emitted, because the record itself may be changed later. */
  example: ReadableLogRecordLike | undefined;
  /** Milliseconds since 1970; NaN if a record has no such time. */
  firstObserved: number;
  lastObserved: number;
}

/**
 * Finds records that repeat an earlier one (same body, severity and scope), and emits one summary of them per window.
 *
 * ```
 *  window   |  A  A  A  B  A  |  A  A  |           |
 *  let in      A        B      A(x3)    A(x2)
 * ```
 *
 * The first record of its kind is let in unchanged, so it is not late. Only records that were let in are remembered: if
 * the first one had to be refused, the others are refused too, each with its own reason.
 */
export class RepeatedRecords {
  readonly #windowMillis: number;
  readonly #emit: (summary: ReadableLogRecordLike) => void;
  readonly #byScope = new Map<object, Map<string, Repetition>>();
  #size = 0;
  #timer: Timer | undefined;

  /**
   * @param windowMillis how long repetitions are counted before their summary is emitted
   * @param emit takes the summaries
   */
  constructor(windowMillis: number, emit: (summary: ReadableLogRecordLike) => void) {
    this.#windowMillis = windowMillis;
    this.#emit = emit;
  }

  /** @returns whether the record repeats another one. It is then part of a summary and must not be kept */
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

  /** A record was let in. From now on, its repetitions are counted. */
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

  /** Emits summaries of the records that were repeated since the window began, and forgets the others. */
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
        // A storm may go on. Its repetitions in the next window are part of the next summary.
        repetitions.set(key, noRepetition());
      }
      if (repetitions.size === 0) this.#byScope.delete(scope);
    }
    if (this.#size > 0) this.#startWindow();
    for (const summary of summaries) this.#emit(summary);
  }

  /** Emits the last summaries, and stops. */
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

/** The key that repeated records share; `undefined` if a record is not compared. The length separates name and body. */
function keyOf({ body, severityNumber, eventName = '' }: ReadableLogRecordLike): string | undefined {
  if (typeof body !== 'string') return undefined;
  const key = `${String(severityNumber)} ${eventName.length} ${eventName}${body}`;
  return key.length > LONGEST_KEY ? undefined : key;
}

/** Only flat values, up to a length. They do not change even if the record changes later. */
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

/** Copies field by field, because the fields of a record are getters of its class, which a spread does not see. */
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

function summaryOf(
  example: ReadableLogRecordLike,
  { count, firstObserved, lastObserved }: Repetition,
): ReadableLogRecordLike {
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
