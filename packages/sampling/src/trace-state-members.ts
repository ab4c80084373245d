/** The list members of a W3C tracestate, and its limits (W3C Trace Context Level 2, "Tracestate Header"). */

/** Members of a list. */
const MAX_MEMBERS = 32;

/** Characters that everybody should pass on. What is longer may be thrown away as a whole. */
const MAX_LENGTH = 512;

/** Where a list is cut, members longer than this go first. */
const LARGE_MEMBER_LENGTH = 128;

/** 32 keys and values of 256 characters each. Longer is only what is malformed or padded with white space. */
const MAX_READ_LENGTH = MAX_MEMBERS * (256 + '='.length + 256 + ','.length);

/** `key "=" value` of the list. */
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/**
 * The members, without the white space around them; some may be empty. The work is bounded, whatever came in: what is behind
 * the 32nd comma, or behind what a list can hold, is left out.
 */
export function membersOf(traceState: string): string[] {
  if (traceState === '') return [];
  // Cut between members: half a member is none.
  const end = traceState.length <= MAX_READ_LENGTH ? traceState.length : traceState.lastIndexOf(',', MAX_READ_LENGTH);
  return traceState.slice(0, Math.max(0, end)).split(',', MAX_MEMBERS).map(trimmed);
}

/** Whether a list may be passed on as it is. */
export function isWithinLimits(traceState: string): boolean {
  return traceState === '' || (traceState.length <= MAX_LENGTH && traceState.split(',').length <= MAX_MEMBERS);
}

/**
 * A list within the limits: whole members go, first from the right those above 128 characters, then from the right.
 * Malformed ones go too, since for one of them a receiver may throw the list away.
 * @param first stays, unless it is empty
 */
export function fitted(first: string, others: readonly string[]): string {
  const kept = others.filter((member) => MEMBER.test(member));
  if (first !== '') kept.unshift(first);
  kept.length = Math.min(kept.length, MAX_MEMBERS);
  let list = kept.join(',');
  while (list.length > MAX_LENGTH) {
    const large = kept.findLastIndex((member) => member !== first && member.length > LARGE_MEMBER_LENGTH);
    // Without a large one this is -1, by which `splice` takes the last.
    kept.splice(large, 1);
    list = kept.join(',');
  }
  return list;
}

/** Without spaces and tabs at the ends. A regular expression for the right end would be quadratic in a long run of spaces. */
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
