import { newFieldBudget, protobufFields } from './protobuf-fields.ts';

/** The collector's answer about a request that it accepted. */
export interface PartialSuccess {
  /** Items that the collector rejected. */
  readonly rejected: number;
  /** The reason, or a warning if nothing was rejected; may be empty. */
  readonly message: string;
}

/**
 * Reads an `ExportTraceServiceResponse`. Those of the other signals have the same shape:
 * `{ partial_success = 1 { rejected = 1 (int64), error_message = 2 (string) } }`.
 * Source: opentelemetry-proto 1.9, collector/trace/v1/trace_service.proto.
 * @throws RangeError or TypeError if the bytes are not such a message
 */
export function readPartialSuccess(body: Uint8Array): PartialSuccess {
  let rejected = 0;
  let message = '';
  const budget = newFieldBudget();
  for (const outer of protobufFields(body, budget)) {
    if (outer.number !== 1) continue;
    // The fields of a message that comes in several parts are merged, and the last value counts.
    for (const field of protobufFields(lengthDelimited(outer.bytes), budget)) {
      if (field.number === 1) rejected = count(field.varint);
      else if (field.number === 2) message = text(field.bytes);
    }
  }
  return { rejected, message };
}

/**
 * Reads the same response in JSON, which some gateways send for any encoding of the request:
 * `{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "..."}}`. There, an int64 is a string or a number.
 * Source: protobuf's ProtoJSON format, which also allows the names of the proto file (`partial_success`,
 * `rejected_spans`).
 * @throws SyntaxError or RangeError if the text is not such a message
 */
export function readJsonPartialSuccess(body: Uint8Array): PartialSuccess {
  const response: unknown = JSON.parse(new TextDecoder().decode(body));
  if (!isRecord(response)) throw new RangeError('the answer is not an object');
  const partial = response['partialSuccess'] ?? response['partial_success'] ?? {};
  if (!isRecord(partial)) throw new RangeError('the partial success is not an object');
  const rejected = Object.entries(partial).find(([name]) => REJECTED_NAME.test(name))?.[1] ?? 0;
  const message = partial['errorMessage'] ?? partial['error_message'] ?? '';
  if (typeof message !== 'string') throw new RangeError('the message is not a string');
  return { rejected: jsonCount(rejected), message };
}

/** `rejectedSpans`, `rejectedLogRecords`, `rejectedDataPoints`, or with underscores. */
const REJECTED_NAME = /^rejected(_[a-z_]+|[A-Z]\w*)$/;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonCount(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0)
    throw new RangeError('the rejected count is not a count');
  return number;
}

/**
 * Reads the message of a `google.rpc.Status`, the body of an OTLP/HTTP failure: `{ code = 1, message = 2 (string) }`.
 * @throws RangeError or TypeError if the bytes are not such a message
 */
export function readStatusMessage(body: Uint8Array): string {
  let message = '';
  for (const field of protobufFields(body, newFieldBudget())) if (field.number === 2) message = text(field.bytes);
  return message;
}

/** The message of a `google.rpc.Status` in JSON; `undefined` if the text is not such a message. */
export function readJsonStatusMessage(body: Uint8Array): string | undefined {
  try {
    const status: unknown = JSON.parse(new TextDecoder().decode(body));
    return isRecord(status) && typeof status['message'] === 'string' ? status['message'] : undefined;
  } catch {
    return undefined;
  }
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
