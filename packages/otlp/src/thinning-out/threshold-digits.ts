const CODES = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const [ZERO, NINE, A, F] = [0x30, 0x39, 0x61, 0x66] as const;

/** The upper 16 bits of the threshold whose digits, in lower case, start at an index. */
export function readThresholdDigits(bytes: Uint8Array, at: number): number {
  return (
    (valueAt(bytes, at) << 12) | (valueAt(bytes, at + 1) << 8) | (valueAt(bytes, at + 2) << 4) | valueAt(bytes, at + 3)
  );
}

/**
 * Overwrites the digits of a threshold with those of another one: four digits, and zeros over the rest of the old ones.
 * @param end the digits never go beyond it
 */
export function putThresholdDigits(bytes: Uint8Array, at: number, end: number, threshold: number): void {
  bytes[at] = CODES[threshold >>> 12] as number;
  bytes[at + 1] = CODES[(threshold >>> 8) & 0xf] as number;
  bytes[at + 2] = CODES[(threshold >>> 4) & 0xf] as number;
  bytes[at + 3] = CODES[threshold & 0xf] as number;
  for (let index = at + 4; index < end && isDigit(bytes[index] as number); index += 1) bytes[index] = ZERO;
}

function valueAt(bytes: Uint8Array, at: number): number {
  const code = bytes[at] as number;
  return code >= A ? code - A + 10 : code - ZERO;
}

function isDigit(code: number): boolean {
  return (code >= ZERO && code <= NINE) || (code >= A && code <= F);
}
