/**
 * A name with more typing errors than this looks like another word. At most one character in four may be wrong, too.
 */
const MOST_ERRORS = 3;

/**
 * The known name that somebody probably meant: the one with the fewest typing errors.
 * @param prefix both names begin with it, so it does not count as a similarity
 * @returns `undefined` if no name is near
 */
export function nearestName(name: string, known: readonly string[], prefix: string): string | undefined {
  const ranked = known
    // A name may be of any length, so only names of about the same length are compared.
    .filter((candidate) => candidate.startsWith(prefix) && Math.abs(candidate.length - name.length) <= MOST_ERRORS)
    .map((candidate) => ({ candidate, errors: errorsBetween(name, candidate) }))
    .filter(({ errors }) => errors <= Math.min(MOST_ERRORS, (name.length - prefix.length) / 4))
    .toSorted((a, b) => a.errors - b.errors);
  return ranked[0]?.candidate;
}

/** The Levenshtein distance: the number of characters to insert, delete or substitute. */
function errorsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const exchanged = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(exchanged, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[b.length]!;
}
