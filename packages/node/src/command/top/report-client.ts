import type { Report } from '@spillway/zpages';
import { shownUrl } from '../shown-value.ts';

/** The server answers while its process is blocked, so a long silence is a wrong address. */
const TIMEOUT_MILLIS = 5_000;

/** Why there is no report, in a sentence. */
export class PageError extends Error {
  override readonly name = 'PageError';
}

/**
 * @param url may contain the token as its password
 * @param token used if the URL has none
 * @throws (rejects) PageError
 */
export async function fetchReport(url: URL, token: string | undefined): Promise<Report> {
  const address = new URL(url);
  const password = address.password === '' ? token : decodeURIComponent(address.password);
  address.username = '';
  address.password = '';
  const headers = new Headers({ accept: 'application/json' });
  if (password !== undefined) headers.set('authorization', `Bearer ${password}`);
  const shown = shownUrl(address.href);
  let response: Response;
  try {
    response = await fetch(address, { headers, signal: AbortSignal.timeout(TIMEOUT_MILLIS), redirect: 'error' });
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    throw new PageError(
      `There is no live page at ${shown} (${reasonOf(cause)}). SPILLWAY_ZPAGES_PORT=${address.port || '55679'} makes an application serve one.`,
    );
  }
  const text = await response.text();
  if (response.status === 401)
    throw new PageError(
      `The live page at ${shown} needs a token: set SPILLWAY_ZPAGES_TOKEN, or write http://:TOKEN@host.`,
    );
  if (!response.ok)
    throw new PageError(`The live page at ${shown} answered ${response.status}: ${text.trim().slice(0, 200)}`);
  try {
    const report = JSON.parse(text) as Report;
    if (Array.isArray(report.pipelines)) return report;
  } catch {
    // See below.
  }
  throw new PageError(`What answers at ${shown} is not a live page of Spillway.`);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return code ?? message ?? String(error);
}
