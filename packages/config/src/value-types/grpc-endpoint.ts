import type { Parsed, ValueType } from './value-type.ts';
import { mayHoldSecret } from './endpoint.ts';

const DEFAULT_PORT = 4317;
const PROBLEM = 'expected a host and port, a URL that begins with http:// or https://, or unix:PATH';

/** `dns:` is the scheme of names in gRPC itself, with an optional authority, which is the name server to ask. */
const DNS = /^dns:(?:\/\/[^/]*\/)?/i;
const SCHEME = /^(?:(?<scheme>https?):\/\/)/i;

/**
 * Where gRPC requests go. Without a scheme, `insecure` decides about TLS. What comes after the port has no meaning in
 * gRPC and is left out. Values are URLs with an explicit port, or `unix:` and a path.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/protocol/exporter.md#configuration-options
 */
export function grpcEndpoint(insecure: boolean): ValueType<string> {
  return {
    name: 'host and port, or URL',
    mayHoldSecret,
    parse: (text) => parseEndpoint(text, insecure ? 'http' : 'https'),
  };
}

function parseEndpoint(text: string, defaultScheme: string): Parsed<string> {
  if (/^unix:/i.test(text)) {
    const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    return path === '' ? { problem: PROBLEM } : { value: `unix:${path}` };
  }
  const scheme = SCHEME.exec(text)?.groups?.['scheme']?.toLowerCase() ?? defaultScheme;
  const address = text.replace(SCHEME, '').replace(DNS, '');
  const [authority = ''] = /^[^/?#]*/.exec(address) ?? [];
  const hasPort = /:\d+$/.test(authority);
  const url = `${scheme}://${authority}${hasPort ? '' : `:${DEFAULT_PORT}`}`;
  // `ipv4:` and other schemes would be the name of a host with a port that is not a number.
  return URL.canParse(url) && authority !== '' ? { value: url } : { problem: PROBLEM };
}
