import type { OtlpRequestBody } from './request-body.ts';

/** The chunks in one piece, copied. */
export function joinedBody({ chunks, byteLength }: OtlpRequestBody): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteLength);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.byteLength;
  }
  return whole;
}
