import type { OtlpProtocol } from '@spillway/config';
import { type OtlpTransport, type Proxy, shownPath } from '@spillway/otlp/transport';

/** Where a pipeline sends, without secrets. */
export interface LiveDestination {
  /** The class name of the exporter. */
  readonly exporter: string;
  /**
   * Scheme, host, port and path, without credentials and query; unusual parts of the path are masked, because they may
   * be a key. `undefined` for a foreign exporter, and for one that sends to no URL.
   */
  readonly url: string | undefined;
  readonly protocol: OtlpProtocol | undefined;
  /** The proxy that requests go through, without its credentials. */
  readonly proxy: Proxy | undefined;
  readonly hasClientCertificate: boolean;
}

const NO_BODY = { chunks: [], byteLength: 0 };

/** @param transport of an exporter of ours; `undefined` for a foreign exporter */
export function liveDestination(exporter: object, transport: OtlpTransport | undefined): LiveDestination {
  const request = transport?.requestOf?.(NO_BODY);
  const { protocol, proxy, tls } = request ?? {};
  return {
    exporter: exporter.constructor.name || 'exporter',
    url: shownUrl(protocol === 'grpc' ? transport?.origin : (request?.url ?? transport?.origin)),
    protocol,
    proxy: proxy === undefined ? undefined : { ...proxy, authorization: undefined },
    hasClientCertificate: tls?.cert !== undefined,
  };
}

/** @param text a URL, or the origin of a transport, which may also name a proxy or a socket */
function shownUrl(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${shownPath(pathname)}`;
}
