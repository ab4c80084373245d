import type { Signal } from '@spillway/config';
import { excerpt } from './excerpt.ts';
import { joinedBody, type OtlpRequestBody } from './request-body.ts';
import { OtlpTransportError } from './transport-error.ts';

/** The protocols of OTLP/HTTP. */
export type HttpProtocol = 'http/protobuf' | 'http/json';

/** How the bytes that a pipeline holds, which are protobuf, become the body of a request. */
export interface BodyEncoding {
  readonly protocol: HttpProtocol;
  readonly contentType: string;
  /**
   * Absent if the bytes are sent as they are. Does not read the memory of `body` after the first `await`.
   * @throws (rejects with) OtlpTransportError
   */
  readonly encode?: (body: OtlpRequestBody) => Promise<OtlpRequestBody>;
}

export const PROTOBUF_BODY: BodyEncoding = { protocol: 'http/protobuf', contentType: 'application/x-protobuf' };

/** The code that transcodes is imported with the first request, so that only those who ask for JSON load it. */
export function jsonBody(signal: Signal): BodyEncoding {
  return {
    protocol: 'http/json',
    contentType: 'application/json',
    async encode(body) {
      const protobuf = joinedBody(body);
      const { transcodeToJson } = await import('../json/transcode.ts').catch((error: unknown) => {
        throw bodyError('TransportNotLoadedError', 'the code that writes JSON cannot be loaded', error);
      });
      const json = await transcodeToJson(signal, protobuf).catch((error: unknown) => {
        throw bodyError('RequestEncodingError', 'a request cannot be written as JSON', error);
      });
      return { chunks: [json], byteLength: json.byteLength };
    },
  };
}

function bodyError(
  name: 'TransportNotLoadedError' | 'RequestEncodingError',
  what: string,
  error: unknown,
): OtlpTransportError {
  return new OtlpTransportError(name, `${what}: ${excerpt(error instanceof Error ? error.message : String(error))}`);
}
