/** The forms of the one page. */
export const REPRESENTATIONS = ['html', 'events', 'json', 'text'] as const;

export type Representation = (typeof REPRESENTATIONS)[number];

const MEDIA_TYPES: Readonly<Record<string, Representation>> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/event-stream': 'events',
  'application/json': 'json',
  'text/plain': 'text',
};

/** Where nothing is asked for, as by `curl` and `wget`, a person reads the answer in a terminal. */
const DEFAULT: Representation = 'text';

/**
 * Which form a request asks for: by `?format=`, otherwise by the best type of `Accept`.
 * @returns `undefined` for a format that does not exist
 */
export function representationOf(url: string, accept: string | undefined): Representation | undefined {
  const format = new URLSearchParams(url.split('?')[1] ?? '').get('format');
  if (format !== null) return REPRESENTATIONS.find((name) => name === format);
  return best(accept ?? '') ?? DEFAULT;
}

/** The type with the highest quality; the first one of several. */
function best(accept: string): Representation | undefined {
  let found: { readonly representation: Representation; readonly quality: number } | undefined;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const representation = MEDIA_TYPES[type];
    const given = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const quality = given === undefined ? 1 : Number(given);
    if (representation !== undefined && quality > (found?.quality ?? 0)) found = { representation, quality };
  }
  return found?.representation;
}
