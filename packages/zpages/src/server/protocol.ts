import type { Snapshot } from '../snapshot/snapshot.ts';

/** What the thread of the server is given. */
export interface ServerSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
}

/** From the thread of the server to the main thread. */
export type ServerMessage =
  /** Asks for a snapshot. Nothing is asked before that has been answered. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'listening'; readonly url: string }
  /** `isTriedAgain`: the port is in use, and may become free. */
  | { readonly kind: 'not listening'; readonly reason: string; readonly isTriedAgain: boolean };

/** From the main thread: the answer to `ask`. */
export type MainThreadMessage = Snapshot;
