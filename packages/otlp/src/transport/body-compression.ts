import type { OtlpCompression } from '@spillway/config';
import type { OtlpRequestBody } from './request-body.ts';
import { type HttpAnswer, isSuccess, messageOf } from './response-outcome.ts';

/** Smaller bodies fit into one packet or little more, compressed or not, so compressing them only costs time. */
export const LEAST_COMPRESSED_BYTES = 1024;

/** What is left if an encoding cannot be used. */
const NEXT = { zstd: 'gzip', gzip: 'none' } as const;

/** What the platform can compress with. Each settles when nothing reads the body's bytes any more. */
export type Compressors = { readonly [Format in Exclude<OtlpCompression, 'none'>]?: Compress | undefined };
export type Compress = (body: OtlpRequestBody) => Promise<Uint8Array<ArrayBuffer>>;

/** The value of the header `Content-Encoding`, if there is one. */
type ContentEncoding = Exclude<OtlpCompression, 'none'> | undefined;

/** Compresses the bodies of a transport's requests, with an encoding that the collector takes. */
export class BodyCompression {
  readonly #host: string;
  readonly #compressors: Compressors;
  readonly #warn: (message: string) => void;
  #current: OtlpCompression;

  /** Warns if the platform cannot compress as wanted, and takes the next best encoding. */
  constructor(wanted: OtlpCompression, compressors: Compressors, host: string, warn: (message: string) => void) {
    this.#host = host;
    this.#compressors = compressors;
    this.#warn = warn;
    this.#current = this.#possible(wanted);
    if (this.#current !== wanted)
      warn(`this platform cannot compress with ${wanted}, requests are ${compressed(this.#current)}`);
  }

  /** How bodies are compressed that are large enough. */
  get current(): OtlpCompression {
    return this.#current;
  }

  /**
   * Compresses a body and sends it. If the collector does not take the encoding, the body is sent again with the next
   * one, within the same attempt, because this says nothing about the collector's health. Once that has worked, later
   * bodies are compressed like that from the start.
   * @param send gives the answer, or the outcome if there was none
   */
  async send<Outcome extends object>(
    body: OtlpRequestBody,
    send: (body: OtlpRequestBody, encoding: ContentEncoding) => Promise<HttpAnswer | Outcome>,
  ): Promise<HttpAnswer | Outcome> {
    let compression = body.byteLength < LEAST_COMPRESSED_BYTES ? 'none' : this.#current;
    for (let refused: HttpAnswer | undefined; ;) {
      const compress = compression === 'none' ? undefined : this.#compressors[compression];
      const sent = compress === undefined ? body : inOneChunk(await compress(body));
      const result = await send(sent, compression === 'none' ? undefined : compression);
      if (!('statusCode' in result)) return result;
      if (compression === 'none' || !refusesEncoding(result, compression)) {
        if (refused !== undefined && isSuccess(result.statusCode)) this.#settleFor(compression, refused);
        return result;
      }
      refused = result;
      compression = this.#possible(NEXT[compression]);
    }
  }

  #possible(wanted: OtlpCompression): OtlpCompression {
    let possible = wanted;
    while (possible !== 'none' && this.#compressors[possible] === undefined) possible = NEXT[possible];
    return possible;
  }

  /** Several requests in flight may learn the same. */
  #settleFor(compression: OtlpCompression, { statusCode }: HttpAnswer): void {
    if (this.#current === compression || this.#current === 'none') return;
    this.#warn(
      `${this.#host} does not take requests compressed with ${this.#current} (it answered ` +
        `${statusCode}), from now on they are ${compressed(compression)}`,
    );
    this.#current = compression;
  }
}

/** The Collector answers 400 with `unsupported Content-Encoding: zstd` (v0.161.0, config/confighttp/compression.go). */
function refusesEncoding(answer: HttpAnswer, encoding: string): boolean {
  if (answer.statusCode === 415) return true;
  return answer.statusCode === 400 && new RegExp(`\\b${encoding}\\b|content.encoding`, 'i').test(messageOf(answer));
}

function inOneChunk(bytes: Uint8Array): OtlpRequestBody {
  return { chunks: [bytes], byteLength: bytes.byteLength };
}

function compressed(compression: OtlpCompression): string {
  return compression === 'none' ? 'sent uncompressed' : `compressed with ${compression}`;
}
