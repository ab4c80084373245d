import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretFilter } from '../../src/transport/secret-filter.ts';

const TOKEN = 'tk_9fQ2"xZ8&kL4+wM7';
const PASSWORD = 'correct horse/battery';
const BASIC = `Basic ${btoa(`admin:${PASSWORD}`)}`;
const filter = new SecretFilter([`Bearer ${TOKEN}`, BASIC]);

const hex = (text: string): string => Buffer.from(text).toString('hex');
const unicode = (text: string): string =>
  Array.from(text)
    .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
const percent = (text: string): string =>
  Array.from(text)
    .map((character) => `%${character.charCodeAt(0).toString(16)}`)
    .join('');

/** Fails if the text contains eight consecutive letters or digits of the secret. */
function expectHidden(text: string, secret: string): void {
  const plain = (value: string): string => value.toLowerCase().replace(/[^a-z\d]/g, '');
  for (let at = 0; at + 8 <= plain(secret).length; at += 1)
    expect(plain(text)).not.toContain(plain(secret).slice(at, at + 8));
}

describe("a collector's message", () => {
  it.each([
    ['verbatim', TOKEN],
    ['in upper case', TOKEN.toUpperCase()],
    ['in lower case', TOKEN.toLowerCase()],
    ['cut at its end', TOKEN.slice(0, 12)],
    ['cut at its beginning', TOKEN.slice(4)],
    ['cut at both ends', TOKEN.slice(3, 13)],
    ['percent-encoded', encodeURIComponent(TOKEN)],
    ['with every character percent-encoded', percent(TOKEN)],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(TOKEN))],
    ['escaped for JSON', JSON.stringify(TOKEN)],
    ['escaped for JSON twice', JSON.stringify(JSON.stringify(TOKEN))],
    ['with every character escaped for JSON', unicode(TOKEN)],
    ['escaped for HTML', TOKEN.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    [
      'in numeric character references of HTML',
      Array.from(TOKEN)
        .map((character) => `&#${character.charCodeAt(0)};`)
        .join(''),
    ],
    ['in base64', btoa(TOKEN)],
    ['in base64, with other bytes around it', btoa(`xy${TOKEN}z`)],
    ['in hex', hex(TOKEN)],
    ['in hex, in upper case', hex(TOKEN).toUpperCase()],
    ['with a space between any two characters', Array.from(TOKEN).join(' ')],
    ['with its punctuation left out', TOKEN.replace(/[^a-z\d]/gi, '')],
  ])('is masked if it repeats the token %s', (_, repeated) => {
    const said = filter.hide(`401: unknown key ${repeated} for this tenant`);
    expect(said).not.toContain(repeated);
    expectHidden(said, TOKEN);
    expect(said).not.toContain(repeated.slice(2, 12));
  });

  it.each([
    ['verbatim', BASIC.slice(6)],
    ['decoded', `admin:${PASSWORD}`],
    ['decoded, with only the password', PASSWORD],
    ['decoded, in JSON', JSON.stringify({ user: 'admin', password: PASSWORD })],
  ])('is masked if it repeats the Basic credentials %s', (_, repeated) => {
    expectHidden(filter.hide(`no such user: ${repeated}!`), PASSWORD);
    expect(filter.hide(`no such user: ${repeated}!`)).not.toContain(BASIC.slice(6, 20));
  });

  it('is otherwise unchanged', () => {
    const said = 'collector:4318 answered 401: Bearer token expired, see https://docs.test';
    expect(filter.hide(said)).toBe(said);
    expect(filter.hide(`401: key ${TOKEN} expired`)).toBe('401: key *** expired');
  });

  it('is unchanged if no header could be a secret', () => {
    expect(new SecretFilter(['1', 'gzip', '']).hide('1: gzip is not supported')).toBe('1: gzip is not supported');
  });

  it('never contains eight consecutive characters of a secret, and never grows by more than a notice', () => {
    const text = fc.string({ unit: 'binary-ascii', maxLength: 60 });
    const secret = fc.string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 });
    fc.assert(
      fc.property(secret, text, text, fc.nat(60), fc.nat(60), (value, before, after, from, to) => {
        const said = new SecretFilter([value]).hide(
          `${before}${value.slice(Math.min(from, to), Math.max(from, to))}${after}`,
        );
        for (const part of value.split(/[\s,;=]+/)) {
          for (let at = 0; at + 8 <= part.length; at += 1)
            expect(said.toLowerCase()).not.toContain(part.slice(at, at + 8).toLowerCase());
        }
        expect(said.length).toBeLessThanOrEqual(before.length + value.length + after.length + 50);
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});
