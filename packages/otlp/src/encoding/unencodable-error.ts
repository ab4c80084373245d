/** Nothing of this item, or of this attribute value, can be sent. The message says why. */
export class UnencodableError extends Error {
  override readonly name = 'UnencodableError';
}

/** By shape, because there may be two copies of this package. */
export function isUnencodableError(error: unknown): error is UnencodableError {
  return error instanceof Error && error.name === 'UnencodableError';
}
