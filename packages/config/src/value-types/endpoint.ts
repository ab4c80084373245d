import type { Parsed, ValueType } from './value-type.ts';

const PROBLEM = 'expected a URL that begins with http:// or https://';

// user:password@host, ?api-key=...
export const mayHoldSecret = (text: string): boolean => /[@?#\s=%]/.test(text);

/**
 * The URL of one signal, used unchanged. A URL without a path gets the root path.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/protocol/exporter.md#endpoint-urls-for-otlphttp
 */
export const signalEndpoint: ValueType<string> = {
  name: 'URL',
  mayHoldSecret,
  parse: (text) => parseUrl(text, (url) => url.href),
};

/**
 * The base URL of a collector. It is read as the URL of one signal below that base.
 * @param path of the signal, such as `v1/traces`
 */
/* @__NO_SIDE_EFFECTS__ */
export function baseEndpoint(path: string): ValueType<string> {
  return {
    name: 'URL',
    mayHoldSecret,
    parse: (text) =>
      parseUrl(text, (url) => {
        url.pathname += url.pathname.endsWith('/') ? path : `/${path}`;
        return url.href;
      }),
  };
}

function parseUrl(text: string, finish: (url: URL) => string): Parsed<string> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: PROBLEM };
  }
  // `collector:4318` is a valid URL, of the scheme `collector`.
  return url.protocol === 'http:' || url.protocol === 'https:' ? { value: finish(url) } : { problem: PROBLEM };
}
