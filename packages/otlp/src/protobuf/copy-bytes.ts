/** Up to this many bytes, a loop is faster than `set`, which needs a view of them. */
const LOOP_BYTES = 128;

/** Copies the bytes from `start` on, and before `end`, to an index of another array. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > LOOP_BYTES) {
    to.set(from.subarray(start, end), at);
    return;
  }
  for (let index = start; index < end; index += 1) to[at + index - start] = from[index] as number;
}
