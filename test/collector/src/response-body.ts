/** The bodies of answers. They are written by hand, so that a receiver that only counts ids needs no definitions. */

const NOTHING = Buffer.from([0x0a, 0x00]);

/**
 * A response with a partial success: field 1 with `rejected_*` (1) and `error_message` (2), the same for every signal
 * (https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/collector/trace/v1/trace_service.proto).
 */
export function partialSuccess(rejected: number, message: string, isJson = false): Buffer {
  // The name of the count differs from signal to signal, and clients must not rely on it.
  if (isJson)
    return Buffer.from(JSON.stringify({ partialSuccess: { rejectedSpans: `${rejected}`, errorMessage: message } }));
  return field(
    1,
    Buffer.concat([Buffer.from([0x08]), varint(rejected), ...(message === '' ? [] : [field(2, Buffer.from(message))])]),
  );
}

/** `google.rpc.Status` with only its `message`, which OTLP requires as the body of an error. */
export function errorStatus(message: string, isJson = false): Buffer {
  if (isJson) return Buffer.from(JSON.stringify({ message }));
  return field(2, Buffer.from(message));
}

/** `google.rpc.Status` of gRPC with a `RetryInfo` among its details. */
export function statusWithRetryInfo(seconds: number): Buffer {
  const nanos = Math.round((seconds % 1) * 1e9);
  const duration = Buffer.concat([
    Buffer.from([0x08]),
    varint(Math.trunc(seconds)),
    Buffer.from([0x10]),
    varint(nanos),
  ]);
  const type = field(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo'));
  return field(3, Buffer.concat([type, field(2, field(1, duration))]));
}

/** That many bytes (rounded up to an even number) that decode to an empty partial success, which means full success. */
export function emptyFields(bytes: number): Buffer {
  return Buffer.alloc(2 * Math.ceil(bytes / 2), NOTHING);
}

/** A varint that never ends. */
export function garbage(): Buffer {
  return Buffer.alloc(64, 0xff);
}

function field(number: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(payload.length), payload]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
