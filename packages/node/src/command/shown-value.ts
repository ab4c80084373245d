import { statSync } from 'node:fs';
import { shownPath } from '@spillway/otlp/transport';

const MASK = '***';

/** Options that name a file. Some users paste the key itself instead of its path. */
const FILES: ReadonlySet<string> = new Set(['certificateFile', 'clientKeyFile', 'clientCertificateFile']);

/** An option's value as it may be printed: on one line, without secrets. */
export function shownValue(option: string, value: unknown): string {
  if (option === 'headers') return pairs(value, () => MASK);
  if (option === 'zpagesToken') return MASK;
  if (option === 'resourceAttributes') return pairs(value, String);
  if (option === 'remoteSampling') return pairs(value, (of) => (typeof of === 'string' ? shownUrl(of) : String(of)));
  if (option === 'url') return shownUrl(String(value));
  if (FILES.has(option)) return isFile(String(value)) ? String(value) : `${MASK} (no file of that name)`;
  if (value === Infinity) return 'no limit';
  return Array.isArray(value) ? value.join(',') : String(value);
}

/**
 * Credentials, query and unusual parts of the path are masked, because each may be a key. A request has no fragment.
 */
export function shownUrl(text: string): string {
  const { protocol, username, password, host, pathname, search } = new URL(text);
  const credentials = username === '' && password === '' ? '' : `${MASK}@`;
  return `${protocol}//${credentials}${host}${shownPath(pathname)}${search === '' ? '' : `?${MASK}`}`;
}

/** Where a value comes from, and which other variables are set but have no effect. */
export function sourceText(from: string | undefined, ignored: readonly string[]): string {
  const source = from ?? 'default';
  return ignored.length === 0
    ? source
    : `${source}; ${ignored.join(' and ')} ${ignored.length === 1 ? 'is' : 'are'} ignored`;
}

function pairs(value: unknown, shown: (value: unknown) => string): string {
  return Object.entries(value as object)
    .map(([name, of]) => `${name}=${shown(of)}`)
    .join(', ');
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
