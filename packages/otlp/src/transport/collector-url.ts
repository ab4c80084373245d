import { credentialsOf } from './url-credentials.ts';
import { isRecord, shown } from './value-checks.ts';

/** Where the collector is. */
export interface CollectorUrl {
  /** Without user information and fragment. */
  readonly url: URL;
  /** The user information of the URL, `user:password`, decoded; `undefined` if there is none. */
  readonly credentials: string | undefined;
}

/** @throws TypeError that names the value, without secrets */
export function resolveUrl(value: unknown): CollectorUrl {
  if (typeof value !== 'string' && !(isRecord(value) && 'href' in value))
    throw new TypeError(`url must be a string or URL, got ${shown(value)}`);
  const text = typeof value === 'string' ? value : String(value['href']);
  const url = parseUrl(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`url must be http: or https:, got ${shown(withoutSecrets(text))}`);
  }
  const credentials = credentialsOf(url);
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url, credentials };
}

/** Without `URL.canParse`, which jsdom and older browsers lack. */
function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    if (typeof URL !== 'function')
      throw new TypeError('an OTLP transport needs the global URL, which this platform does not have');
    throw new TypeError(`url must be an absolute URL, got ${shown(withoutSecrets(text))}`);
  }
}

function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([^@]*?\/\/)?.*@/s, '$1');
}
