/** An item takes more bytes than one item may. */
export class ItemTooLargeError extends Error {
  override readonly name = 'ItemTooLargeError';
  /** Bytes of the item; where encoding stopped early, the bytes known to be needed by then. */
  readonly byteLength: number;
  readonly maxItemBytes: number;

  constructor(byteLength: number, maxItemBytes: number) {
    super(`item of ${byteLength} bytes or more is above the limit of ${maxItemBytes} bytes`);
    this.byteLength = byteLength;
    this.maxItemBytes = maxItemBytes;
  }
}

/** By shape: the class of another build of this package is a different object. */
export function isItemTooLargeError(error: unknown): error is ItemTooLargeError {
  return error instanceof Error && error.name === 'ItemTooLargeError';
}
