/** What a command is given. */
export interface CommandOptions {
  readonly json: boolean;
  /** Milliseconds for one request; `undefined` for what is configured. */
  readonly timeoutMillis: number | undefined;
}
