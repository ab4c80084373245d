import type { FlushOutcome } from '@spillway/backpressure';
import type { OtlpRequestBody } from '../../src/transport/request-body.ts';
import type { OtlpTransport } from '../../src/transport/transport.ts';

/** A body of several chunks, which must arrive as one. */
export function bodyOf(...chunks: readonly (string | Uint8Array)[]): OtlpRequestBody {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
  return { chunks: bytes, byteLength: bytes.reduce((sum, chunk) => sum + chunk.byteLength, 0) };
}

export const never = (): AbortSignal => new AbortController().signal;

export async function send(transport: OtlpTransport, body = bodyOf('spans'), signal = never()): Promise<FlushOutcome> {
  return transport.send(body, signal);
}

/** The error of an outcome that must have one. */
export function errorOf(outcome: FlushOutcome): Error & { code?: string; statusCode?: number } {
  if (outcome.error === undefined) throw new Error(`the outcome ${outcome.kind} has no error`);
  return outcome.error;
}

/** `ExportTraceServiceResponse { partial_success { rejected_spans, error_message } }`; both below 128. */
export function partialSuccessBytes(rejected: number, message: string): Uint8Array {
  const text = new TextEncoder().encode(message);
  const inner = [0x08, rejected, 0x12, text.length, ...text];
  return Uint8Array.of(0x0a, inner.length, ...inner);
}
