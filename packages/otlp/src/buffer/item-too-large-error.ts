/** An item takes more bytes than an item may. */
export class ItemTooLargeError extends Error {
  override readonly name = 'ItemTooLargeError';
  /** Bytes of the item. If encoding stopped early, the bytes that were known to be needed by then. */
  readonly byteLength: number;
  readonly maxItemBytes: number;

  constructor(byteLength: number, maxItemBytes: number) {
    super(`item of ${byteLength} bytes or more is above the limit of ${maxItemBytes} bytes`);
    this.byteLength = byteLength;
    this.maxItemBytes = maxItemBytes;
  }
}

/** By shape, because another copy of this package has a different class. */
export function isItemTooLargeError(error: unknown): error is ItemTooLargeError {
  return error instanceof Error && error.name === 'ItemTooLargeError';
}
