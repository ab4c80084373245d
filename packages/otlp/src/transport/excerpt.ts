/** Enough to recognise a message, too little to flood a log. */
const MAX_EXCERPT_LENGTH = 200;

/** Control characters (a terminal would obey them), unassigned code points, lone surrogates, and white space. */
const UNPRINTABLE = /[\p{C}\s]+/gu;

/** Shortens a text of a peer or the platform to one printable line. URLs lose user information, path and query. */
export function excerpt(text: string): string {
  const line = text
    // Cut first, because the text may have megabytes.
    .slice(0, 4 * MAX_EXCERPT_LENGTH)
    .replace(/(\w+:\/\/)(?:[^\s/?#]*@)?([^\s/?#)]+)[^\s)]*/g, '$1$2')
    .replace(UNPRINTABLE, ' ')
    .trim();
  return line.length > MAX_EXCERPT_LENGTH ? `${line.slice(0, MAX_EXCERPT_LENGTH - 1)}…` : line;
}
