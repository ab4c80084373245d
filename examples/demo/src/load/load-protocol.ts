/** The only argument of the load generator, as JSON. */
export interface LoadSettings {
  /** The services. Each gets the same requests at the same moments. */
  readonly targets: readonly string[];
  /** Requests a second to each. */
  readonly rate: number;
}

export type LoadCommand = { readonly kind: 'start' } | { readonly kind: 'stop' };

export type LoadMessage =
  | { readonly kind: 'ready' }
  /**
   * Sent after `stop`, when the last answer has arrived. Requests without an answer have failed; they are counted by
   * target. The generator ends after this message.
   */
  | { readonly kind: 'ended'; readonly sent: number; readonly failed: readonly number[] };
