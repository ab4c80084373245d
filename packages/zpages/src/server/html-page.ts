import { createHash } from 'node:crypto';
import type { Report } from '../report/report.ts';

/** Put in by the build: see bundle-programs.ts. */
declare const ZPAGES_PAGE: { readonly html: string; readonly style: string; readonly script: string };

/** With the white space around them, because a hash is of the whole content of an element. */
const PLACES = /\s*<!--(style|script|report)-->\s*/g;

/** The page is complete in itself: it names no other address, and its style and script are allowed by their hashes. */
const POLICY = [
  "default-src 'none'",
  `script-src '${hashOf(ZPAGES_PAGE.script)}'`,
  `style-src '${hashOf(ZPAGES_PAGE.style)}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

export const PAGE_HEADERS: Readonly<Record<string, string>> = { 'content-security-policy': POLICY };

/** The page with a first report, so that it shows something at once. */
export function htmlPage(report: Report): string {
  const parts: Readonly<Record<string, string>> = {
    style: ZPAGES_PAGE.style,
    script: ZPAGES_PAGE.script,
    // In a script element, only `<` could end or change it.
    report: JSON.stringify(report).replaceAll('<', String.raw`\u003c`),
  };
  return ZPAGES_PAGE.html.replace(PLACES, (_, name: string) => parts[name] as string);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
