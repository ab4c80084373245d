/** What was thrown, in words. Anything may have been thrown, even what cannot be made a string. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'something that cannot be shown';
  }
}
