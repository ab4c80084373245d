/** `google.rpc.Status` with one detail, for `grpc-status-details-bin`. */
export function statusWith(typeUrl: string, value: Uint8Array): Buffer {
  return field(3, Buffer.concat([field(1, Buffer.from(typeUrl)), field(2, value)]));
}

/** `google.rpc.RetryInfo` as a detail. */
export function retryInfo(seconds: number, nanos = 0): Buffer {
  const duration = Buffer.concat([
    seconds === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.of(0x08), varint(seconds)]),
    nanos === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.of(0x10), varint(nanos)]),
  ]);
  return statusWith('type.googleapis.com/google.rpc.RetryInfo', field(1, duration));
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
