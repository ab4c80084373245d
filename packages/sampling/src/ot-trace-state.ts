import { parseRandomness, type Randomness } from './randomness.ts';
import { formatThreshold, isAbove, parseThreshold, type Threshold } from './threshold.ts';
import { fitted, isWithinLimits, membersOf } from './trace-state-members.ts';

/** What the `ot` member of a tracestate says of sampling. */
export interface OtTraceState {
  /** `th`: the threshold that the span has passed. Absent: its probability is not known. */
  readonly threshold?: Threshold | undefined;
  /** `rv`: stands in for the low 56 bits of the trace id. */
  readonly randomness?: Randomness | undefined;
}

interface OtMember extends OtTraceState {
  /** As it was received; `undefined` where there is no `ot` member. */
  readonly value: string | undefined;
  /** The sub-keys to be kept, in order: all but `th`, what is malformed, and what is there twice. */
  readonly rest: readonly string[];
}

const OT = 'ot=';
const TH = 'th:';
const RV = 'rv:';

/** Characters of the value (OpenTelemetry, "TraceState Handling"). */
const MAX_OT_LENGTH = 256;

/** Digits of a threshold of ours: what the specification recommends to SDKs. */
const WRITTEN_DIGITS = 4;

/** `list` of "TraceState Handling". */
const OT_LIST = /^[a-z][a-z0-9]*:[A-Za-z0-9._-]*(?:;[a-z][a-z0-9]*:[A-Za-z0-9._-]*)*$/;

/**
 * What a tracestate says of sampling. Never throws.
 *
 * A malformed `th` or `rv` counts as absent, and so do both where the value of `ot` is no list of sub-keys or too long. Of
 * what must not be there twice the last counts. (Both as in the Collector.) Members after the 32nd are not looked at.
 *
 * @param traceState a W3C tracestate: `ot=th:c;rv:6e6d1a75832a2f,vendor=value`
 */
export function readOtTraceState(traceState: string): OtTraceState {
  // Asked of every span: most have no tracestate, or one of other vendors.
  if (traceState.length <= MAX_OT_LENGTH && !traceState.includes(OT)) return {};
  const { threshold, randomness } = otMemberOf(membersOf(traceState));
  return { ...(threshold && { threshold }), ...(randomness && { randomness }) };
}

/**
 * The tracestate of a span that has passed a threshold: `th` becomes the greater of this one and the one that was there.
 * Where the one that was there is at least as great, the text is returned as it is. Else `ot` moves to the front, as W3C
 * Trace Context demands of what was changed, and all other sub-keys and members stay in their order.
 *
 * What is malformed, and what exceeds 256 characters of `ot`, 32 members or 512 characters in all, is left out, from the
 * right: for it a receiver may throw everything away. Never throws.
 *
 * @param threshold is written with at most 4 significant digits, rounded up as `roundUpThreshold` does. Decide with one that
 *   has no more, as those of `AdaptiveThreshold` and of `thresholdOf(probability, 4)`: then what is written is what was decided
 */
export function withThreshold(traceState: string, threshold: Threshold): string {
  if (traceState === '') return OT + written(threshold);
  const members = membersOf(traceState);
  const ot = otMemberOf(members);
  if (ot.threshold === undefined || isAbove(threshold, ot.threshold)) {
    return fitted(OT + otValue([written(threshold), ...ot.rest]), othersThanOt(members));
  }
  return isWithinLimits(traceState) ? traceState : fitted(OT + ot.value, othersThanOt(members));
}

/**
 * The same as text that begins with `ot=th:`, with at least so many digits, zeros at the end included: whoever keeps it as
 * bytes can write a higher threshold over them later. Never throws.
 */
export function withThresholdAhead(traceState: string, threshold: Threshold, leastDigits: number): string {
  const members = membersOf(traceState);
  const ot = otMemberOf(members);
  const isPassed = ot.threshold !== undefined && isAbove(ot.threshold, threshold);
  const th = (isPassed ? TH + formatThreshold(ot.threshold) : written(threshold)).padEnd(TH.length + leastDigits, '0');
  return fitted(OT + otValue([th, ...ot.rest]), othersThanOt(members));
}

/**
 * The tracestate of a span whose probability is not known, or whose `th` contradicts its randomness: without `th`, else as
 * {@link withThreshold} leaves it. An `ot` member with nothing in it goes. Never throws.
 */
export function withoutThreshold(traceState: string): string {
  const members = membersOf(traceState);
  const { value = '', rest } = otMemberOf(members);
  const left = otValue(rest);
  if (left === value && isWithinLimits(traceState)) return traceState;
  return fitted(left === '' ? '' : OT + left, othersThanOt(members));
}

function otMemberOf(members: readonly string[]): OtMember {
  const value = members.findLast(isOt)?.slice(OT.length);
  if (value === undefined || value.length > MAX_OT_LENGTH || !OT_LIST.test(value)) return { value, rest: [] };
  let th: string | undefined;
  let rv: string | undefined;
  let randomness: Randomness | undefined;
  const rest: string[] = [];
  for (const subKey of value.split(';').toReversed()) {
    if (subKey.startsWith(TH)) th ??= subKey;
    else if (!subKey.startsWith(RV)) rest.unshift(subKey);
    else if (rv === undefined) {
      rv = subKey;
      randomness = parseRandomness(rv.slice(RV.length));
      if (randomness !== undefined) rest.unshift(rv);
    }
  }
  return { value, threshold: th === undefined ? undefined : parseThreshold(th.slice(TH.length)), randomness, rest };
}

let lastWritten = { high: 0, low: 0, subKey: `${TH}0` };

/** The sub-key. Remembers the last one: all spans of a window have passed the same threshold. */
function written({ high, low }: Threshold): string {
  if (high !== lastWritten.high || low !== lastWritten.low) {
    lastWritten = { high, low, subKey: TH + formatThreshold({ high, low }, WRITTEN_DIGITS) };
  }
  return lastWritten.subKey;
}

/** Cut from the right to what is allowed. `rv` stays: without it, other participants would decide otherwise about the trace. */
function otValue(subKeys: readonly string[]): string {
  let kept = subKeys;
  while (kept.join(';').length > MAX_OT_LENGTH) {
    const last = kept.findLastIndex((subKey) => !subKey.startsWith(RV));
    kept = kept.toSpliced(last, 1);
  }
  return kept.join(';');
}

function othersThanOt(members: readonly string[]): string[] {
  return members.filter((member) => !isOt(member));
}

function isOt(member: string): boolean {
  return member.startsWith(OT);
}
