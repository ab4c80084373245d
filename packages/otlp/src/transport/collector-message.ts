import { newFieldBudget, protobufFields } from './protobuf-fields.ts';

/** What the collector says of a request that it took. */
export interface PartialSuccess {
  /** Items refused for good. */
  readonly rejected: number;
  /** Why, or a warning where nothing was refused; may be empty. */
  readonly message: string;
}

/**
 * Reads an `ExportTraceServiceResponse`; those of the other signals have the same shape:
 * `{ partial_success = 1 { rejected = 1 (int64), error_message = 2 (string) } }`.
 * Source: opentelemetry-proto 1.9, collector/trace/v1/trace_service.proto.
 * @throws RangeError or TypeError where the bytes are no such message
 */
export function readPartialSuccess(body: Uint8Array): PartialSuccess {
  let rejected = 0;
  let message = '';
  const budget = newFieldBudget();
  for (const outer of protobufFields(body, budget)) {
    if (outer.number !== 1) continue;
    // Fields of a message that comes in several parts are merged, and the last value counts.
    for (const field of protobufFields(lengthDelimited(outer.bytes), budget)) {
      if (field.number === 1) rejected = count(field.varint);
      else if (field.number === 2) message = text(field.bytes);
    }
  }
  return { rejected, message };
}

/**
 * Reads the message of a `google.rpc.Status`, the body of an OTLP/HTTP failure: `{ code = 1, message = 2 (string) }`.
 * @throws RangeError or TypeError where the bytes are no such message
 */
export function readStatusMessage(body: Uint8Array): string {
  let message = '';
  for (const field of protobufFields(body, newFieldBudget())) if (field.number === 2) message = text(field.bytes);
  return message;
}

function lengthDelimited(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new RangeError('a message is not length-delimited');
  return bytes;
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(lengthDelimited(bytes));
}

/** A negative int64 is a varint near 2^64, so this refuses it too. */
function count(value: number | undefined): number {
  if (value === undefined || !Number.isSafeInteger(value)) throw new RangeError('the rejected count is not a count');
  return value;
}
