const MASK = '***';
/** Replaces a text that shows a secret in a form that cannot be cut out. */
const HIDDEN = '(hidden, because it may repeat a credential)';

/** Shorter parts of values are words, such as `Basic`, and would also be cut out of ordinary text. */
const SHORTEST_SECRET = 8;
/**
 * This many characters of a secret in a row are masked wherever they appear, because a collector may repeat only a
 * part. As long as the shortest secret, because ordinary text rarely shares that much with one.
 */
const WINDOW = SHORTEST_SECRET;

/**
 * Removes secrets from a collector's answer: a server may repeat a header or the query of its URL, which must not get
 * into an error, and so into a log.
 *
 * A secret is found verbatim, in either case, cut, percent-encoded, escaped for JSON or HTML, decoded from the Basic
 * scheme, or encoded in base64 or hex. If it still shows after the text has been decoded and stripped of punctuation,
 * the whole text is hidden.
 */
export class SecretFilter {
  readonly #values: readonly string[];
  #windows: Windows | undefined;

  /** @param values headers, queries and passwords, each of which may be or contain a secret */
  constructor(values: readonly string[]) {
    this.#values = values;
  }

  /** The forms are computed when they are first needed, because most requests succeed without a message. */
  hide(text: string): string {
    this.#windows ??= new Windows(secretsOf(this.#values));
    const masked = maskedText(text, this.#windows.shown);
    return includesAny(essence(masked), this.#windows.essences) ? HIDDEN : masked;
  }
}

/** Every {@link WINDOW} consecutive characters of every form of every secret, in lower case. */
class Windows {
  readonly shown = new Set<string>();
  readonly essences = new Set<string>();

  constructor(secrets: readonly string[]) {
    for (const secret of secrets) {
      for (const form of formsOf(secret)) addWindows(this.shown, form.toLowerCase());
      addWindows(this.essences, essence(secret));
    }
  }
}

/** Values and their parts, including decoded ones of the Basic scheme. */
function secretsOf(values: readonly string[]): readonly string[] {
  const parts = values.flatMap((value) => value.split(/[\s,;=]+/));
  const decoded = parts.flatMap((part) => {
    const text = fromBase64(part);
    return text === undefined ? [] : [text, ...text.split(':')];
  });
  return [...new Set([...parts, ...decoded])].filter(({ length }) => length >= SHORTEST_SECRET);
}

function formsOf(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret);
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    secret.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? character),
    // A text's base64 digits depend on the bytes before it. The first and last digits are left out.
    ...[0, 1, 2].map((shift) => toBase64([...new Uint8Array(shift), ...bytes]).slice(shift === 0 ? 0 : shift + 1, -4)),
    [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  ];
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function toBase64(bytes: readonly number[]): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('=', '');
}

function fromBase64(text: string): string | undefined {
  try {
    const decoded = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return /^[\x20-\x7e]+$/.test(decoded) ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function addWindows(windows: Set<string>, text: string): void {
  for (let at = 0; at + WINDOW <= text.length; at += 1) windows.add(text.slice(at, at + WINDOW));
}

function includesAny(text: string, windows: ReadonlySet<string>): boolean {
  for (let at = 0; at + WINDOW <= text.length; at += 1) if (windows.has(text.slice(at, at + WINDOW))) return true;
  return false;
}

/** Everything that windows cover becomes a mask. */
function maskedText(text: string, windows: ReadonlySet<string>): string {
  const lower = text.toLowerCase();
  // A few rare letters change their length with their case. Secrets in headers have no such letters.
  const searched = lower.length === text.length ? lower : text;
  let result = '';
  let end = 0;
  for (let at = 0; at < text.length; at += 1) {
    const isCovered = at + WINDOW <= text.length && windows.has(searched.slice(at, at + WINDOW));
    if (isCovered) {
      if (at >= end) result += MASK;
      end = at + WINDOW;
    }
    if (at >= end) result += text[at];
  }
  return result;
}

/** Only letters and digits, with escapes decoded: the common part of all spellings of a text. */
function essence(text: string): string {
  return text
    .replace(/%([\da-f]{2})/gi, decodeHex)
    .replace(/%([\da-f]{2})/gi, decodeHex)
    .replace(/\\u\{?([\da-f]{4})\}?/gi, decodeHex)
    .replace(/\\x([\da-f]{2})/gi, decodeHex)
    .replace(/&#x([\da-f]{1,6});/gi, decodeHex)
    .replace(/&#(\d{1,7});/g, (_, digits: string) => decodeHex('', Number(digits).toString(16)))
    .toLowerCase()
    .replace(/[^a-z\d]/g, '');
}

function decodeHex(_: string, digits: string): string {
  const code = Number.parseInt(digits, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
