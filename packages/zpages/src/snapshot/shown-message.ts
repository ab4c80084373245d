/** Long enough for a sentence of a collector, short enough for a phone. */
const LONGEST = 400;

/** `user:password@` in a URL. */
const CREDENTIALS = /([a-z][a-z\d+.-]*:\/\/)[^\s/?#@]*@/gi;
/** The query of a URL. */
const QUERY = /([a-z][a-z\d+.-]*:\/\/[^\s?#"'<>]*)\?[^\s"'<>]*/gi;

/**
 * The message of an error, as it may be shown. Those of our exporters contain no secret. Those of other exporters may
 * contain a URL with credentials or a query.
 */
export function shownMessage(error: Error): string {
  const text = error.message.replace(CREDENTIALS, '$1***@').replace(QUERY, '$1?***').replace(/\s+/g, ' ').trim();
  if (text === '') return error.name;
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
