/** The command that starts the process that ships, and the time that it has. */
export interface ShippingCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: {
    readonly env: Record<string, string>;
    readonly cwd: string;
    readonly windowsHide: boolean;
  };
  /** When the process is killed if it has not ended by itself, on the clock of `Date.now()`. */
  readonly killAt: number;
}

/** The way of frames into the process that ships. Synchronous, because nothing else works in a process that ends. */
export interface ShippingInput {
  /** Sends a frame, whose memory may be used again afterwards. @returns false if the process has ended or its time is over */
  write(frame: readonly Uint8Array[]): boolean;
  /** Says that no frame follows, and waits until the process has ended. */
  end(): void;
}
