/** How the load generator is started: its one argument, as JSON. */
export interface LoadSettings {
  /** The services. Each gets the same requests at the same moments. */
  readonly targets: readonly string[];
  /** Requests a second to each. */
  readonly rate: number;
}

export type LoadCommand = { readonly kind: 'start' } | { readonly kind: 'stop' };

export type LoadMessage =
  | { readonly kind: 'ready' }
  /** After `stop`, when the last answer is there; what got none has failed, by target. The generator ends when it has said this. */
  | { readonly kind: 'ended'; readonly sent: number; readonly failed: readonly number[] };
