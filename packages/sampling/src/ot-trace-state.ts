import { parseRandomness, type Randomness } from './randomness.ts';
import { formatThreshold, isAbove, parseThreshold, type Threshold } from './threshold.ts';
import { fitted, isWithinLimits, membersOf } from './trace-state-members.ts';

/** What the `ot` member of a tracestate says about sampling. */
export interface OtTraceState {
  /** `th`: the threshold that the span has passed. If absent, its probability is not known. */
  readonly threshold?: Threshold | undefined;
  /** `rv`: used instead of the low 56 bits of the trace id. */
  readonly randomness?: Randomness | undefined;
}

interface OtMember extends OtTraceState {
  /** As it was received; `undefined` if there is no `ot` member. */
  readonly value: string | undefined;
  /** The sub-keys to keep, in order: all except `th`, a malformed `rv` and duplicates. */
  readonly rest: readonly string[];
}

const OT = 'ot=';
const TH = 'th:';
const RV = 'rv:';

/** Most characters of the value (OpenTelemetry, "TraceState Handling"). */
const MAX_OT_LENGTH = 256;

/** Digits of a threshold that Spillway writes, as the specification recommends to SDKs. */
const WRITTEN_DIGITS = 4;

/** The rule `list` of "TraceState Handling". */
const OT_LIST = /^[a-z][a-z0-9]*:[A-Za-z0-9._-]*(?:;[a-z][a-z0-9]*:[A-Za-z0-9._-]*)*$/;

/**
 * Reads what a tracestate says about sampling. Never throws.
 *
 * A malformed `th` or `rv` counts as absent. Both count as absent if the value of `ot` is not a list of sub-keys or is
 * too long. If a key is repeated, the last one counts. (All this is as in the Collector.) Members after the 32nd are
 * not read.
 *
 * @param traceState a W3C tracestate: `ot=th:c;rv:6e6d1a75832a2f,vendor=value`
 */
export function readOtTraceState(traceState: string): OtTraceState {
  // A shortcut, because this runs for every span, and most have no tracestate or only members of other vendors.
  if (traceState.length <= MAX_OT_LENGTH && !traceState.includes(OT)) return {};
  const { threshold, randomness } = otMemberOf(membersOf(traceState));
  return { ...(threshold && { threshold }), ...(randomness && { randomness }) };
}

/**
 * The tracestate of a span that has passed a threshold: `th` becomes the greater of this threshold and the one already
 * there. If the one already there is at least as great, the text is returned unchanged. Otherwise `ot` moves to the
 * front, as W3C Trace Context demands for a changed member, and all other sub-keys and members stay in their order.
 *
 * Malformed members are left out, because a receiver may discard the whole tracestate for one of them. The `ot` value
 * is cut from the right to 256 characters, and the list to 32 members and 512 characters. Never throws.
 *
 * @param threshold is written with at most 4 significant digits, rounded up as `roundUpThreshold` does. Decide with a
 *   threshold that has no more digits, from `AdaptiveThreshold` or `thresholdOf(probability, 4)`: then the written threshold
 *   is the one that decided
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
 * The same, but the text begins with `ot=th:` and has at least `leastDigits` digits, trailing zeros included. A caller
 * that stores the bytes can overwrite the digits with a higher threshold later. Never throws.
 */
export function withThresholdAhead(traceState: string, threshold: Threshold, leastDigits: number): string {
  const members = membersOf(traceState);
  const ot = otMemberOf(members);
  const isPassed = ot.threshold !== undefined && isAbove(ot.threshold, threshold);
  const th = (isPassed ? TH + formatThreshold(ot.threshold) : written(threshold)).padEnd(TH.length + leastDigits, '0');
  return fitted(OT + otValue([th, ...ot.rest]), othersThanOt(members));
}

/**
 * The tracestate of a span whose probability is not known, or whose `th` contradicts its randomness. It has no `th`,
 * and is otherwise cleaned as by {@link withThreshold}. An empty `ot` member is removed. Never throws.
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

/** The sub-key. Caches the last one, because all spans of a window have passed the same threshold. */
function written({ high, low }: Threshold): string {
  if (high !== lastWritten.high || low !== lastWritten.low) {
    lastWritten = { high, low, subKey: TH + formatThreshold({ high, low }, WRITTEN_DIGITS) };
  }
  return lastWritten.subKey;
}

/** Cuts from the right to the allowed length. `rv` stays: without it, other participants would decide differently. */
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
