import { newFieldBudget, protobufFields } from './protobuf-fields.ts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/**
 * How long the collector asks to wait: the `RetryInfo` in the details of a status of gRPC.
 * `Status { details = 3 (repeated Any { type_url = 1, value = 2 }) }`,
 * `RetryInfo { retry_delay = 1 (Duration { seconds = 1, nanos = 2 }) }`.
 * Source: googleapis, google/rpc/status.proto and error_details.proto.
 * @param statusDetails the trailer `grpc-status-details-bin`
 * @returns milliseconds; `undefined` if there is no such detail, or none that can be read
 */
export function readRetryInfo(statusDetails: Uint8Array): number | undefined {
  try {
    for (const any of messagesIn(statusDetails, 3)) {
      const [type] = messagesIn(any, 1);
      if (type === undefined || new TextDecoder().decode(type) !== RETRY_INFO) continue;
      const [value] = messagesIn(any, 2);
      const [delay] = value === undefined ? [] : messagesIn(value, 1);
      return delay === undefined ? 0 : durationOf(delay);
    }
  } catch {
    // Details that cannot be read are as good as none.
  }
  return undefined;
}

function durationOf(duration: Uint8Array): number {
  let millis = 0;
  for (const { number, varint = 0 } of protobufFields(duration, newFieldBudget())) {
    if (number === 1) millis += varint * 1_000;
    if (number === 2) millis += varint / 1_000_000;
  }
  return millis;
}

function messagesIn(message: Uint8Array, fieldNumber: number): Uint8Array[] {
  return [...protobufFields(message, newFieldBudget())].flatMap(({ number, bytes }) =>
    number === fieldNumber && bytes !== undefined ? [bytes] : [],
  );
}
