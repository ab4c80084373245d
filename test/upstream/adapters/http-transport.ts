// Replaces upstream's HTTP transport with ours, and translates outcomes and errors into upstream's words.
import { STATUS_CODES } from 'node:http';
import type { FlushOutcome } from '@spillway/backpressure';
import type { HttpAgentOptions, OtlpHeaders } from '@spillway/otlp';
import { isOtlpTransportError } from '@spillway/otlp/transport';
import { createHttpTransport } from '../../../packages/otlp/src/transport/http-transport.node.ts';
import { lastExchange } from './observed-exchange.ts';
import { followFakedTimers } from './turns.ts';

interface UpstreamParameters {
  readonly url: string;
  readonly headers: () => Promise<OtlpHeaders>;
  readonly compression: 'gzip' | 'none';
  readonly agentFactory: Extract<HttpAgentOptions, (...args: never) => unknown>;
}

interface UpstreamResponse {
  readonly status: 'success' | 'retryable' | 'failure';
  readonly data?: Uint8Array;
  readonly error?: Error;
  readonly retryInMillis?: number;
}

followFakedTimers();

export function createHttpExporterTransport({ url, headers, compression, agentFactory }: UpstreamParameters) {
  return {
    async send(data: Uint8Array, timeoutMillis: number): Promise<UpstreamResponse> {
      const transport = createHttpTransport({
        url,
        headers,
        compression,
        timeoutMillis,
        httpAgentOptions: agentFactory,
      });
      const outcome = await transport.send(
        { chunks: [data], byteLength: data.byteLength },
        new AbortController().signal,
      );
      return responseOf(outcome, bodyOfAnswer());
    },
    shutdown() {},
  };
}

function bodyOfAnswer(): Uint8Array {
  const last = lastExchange();
  return last?.kind === 'answered' ? last.body : new Uint8Array(0);
}

function responseOf(outcome: FlushOutcome, body: Uint8Array): UpstreamResponse {
  if (outcome.kind === 'delivered') return { status: 'success', data: body };
  const error = errorOf(outcome.error, body);
  if (outcome.kind === 'throttled')
    return {
      status: 'retryable',
      error,
      ...(outcome.retryAfterMs !== undefined && { retryInMillis: outcome.retryAfterMs }),
    };
  return { status: outcome.kind === 'retry' ? 'retryable' : 'failure', error };
}

/** The same failure in upstream's words. If ours wraps the platform's message, the message is extracted. */
function errorOf(error: Error, body: Uint8Array): Error {
  if (!isOtlpTransportError(error)) return error;
  const { name, statusCode, code = statusCode } = error;
  if (error.message.includes(', and the body was cut off'))
    return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  const words = {
    HttpStatusError: STATUS_CODES[statusCode ?? 0],
    TimeoutError: 'Request timed out',
    ResponseTooLargeError: 'the body is above the size limit',
  } as Partial<Record<string, string>>;
  return Object.assign(new Error(words[name] ?? error.message.replace(/^.*? \(\w+\): /s, '')), {
    code,
    data: new TextDecoder().decode(body),
  });
}
