/** Anything with `forceFlush`: the handle of `start`, a processor, a reader, a provider of the SDK. */
export interface Flushable {
  forceFlush(options?: { readonly timeoutMillis?: number }): Promise<unknown>;
}
