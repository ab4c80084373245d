/** The list members of a W3C tracestate, and its limits (W3C Trace Context Level 2, "Tracestate Header"). */

/** Members of a list. */
const MAX_MEMBERS = 32;

/** Every participant should pass on this many characters. A longer list may be discarded as a whole. */
const MAX_LENGTH = 512;

/** When a list is cut, members longer than this go first. */
const LARGE_MEMBER_LENGTH = 128;

/** 32 keys and values of 256 characters each. A longer list is malformed or padded with white space. */
const MAX_READ_LENGTH = MAX_MEMBERS * (256 + '='.length + 256 + ','.length);

/** `key "=" value` of the list. */
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/**
 * The members, without the white space around them; some may be empty. The work is bounded for any input: text after
 * the 32nd comma, or after the greatest length of a list, is left out.
 */
export function membersOf(traceState: string): string[] {
  if (traceState === '') return [];
  // Cut between members, because half a member is useless.
  const end = traceState.length <= MAX_READ_LENGTH ? traceState.length : traceState.lastIndexOf(',', MAX_READ_LENGTH);
  return traceState.slice(0, Math.max(0, end)).split(',', MAX_MEMBERS).map(trimmed);
}

/** Whether a list may be passed on unchanged. */
export function isWithinLimits(traceState: string): boolean {
  return traceState === '' || (traceState.length <= MAX_LENGTH && traceState.split(',').length <= MAX_MEMBERS);
}

/**
 * Cuts a list to the limits by removing whole members from the right, those above 128 characters first. Malformed
 * members are removed too, because a receiver may discard the whole list for one of them.
 * @param first stays, unless it is empty
 */
export function fitted(first: string, others: readonly string[]): string {
  const kept = others.filter((member) => MEMBER.test(member));
  if (first !== '') kept.unshift(first);
  kept.length = Math.min(kept.length, MAX_MEMBERS);
  let list = kept.join(',');
  while (list.length > MAX_LENGTH) {
    const large = kept.findLastIndex((member) => member !== first && member.length > LARGE_MEMBER_LENGTH);
    // If there is no large member, this is -1, and `splice` removes the last one.
    kept.splice(large, 1);
    list = kept.join(',');
  }
  return list;
}

/**
 * Removes spaces and tabs at both ends. A regular expression for the right end would be quadratic in a run of spaces.
 */
function trimmed(member: string): string {
  let start = 0;
  let end = member.length;
  while (start < end && isWhiteSpace(member.charCodeAt(start))) start += 1;
  while (end > start && isWhiteSpace(member.charCodeAt(end - 1))) end -= 1;
  return member.slice(start, end);
}

function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
