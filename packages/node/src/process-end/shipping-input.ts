import type { LostItems } from './lost-items.ts';

/** The command that starts the process that ships, and the time that it has. */
export interface ShippingCommand {
  /** Executables to try, the best first. */
  readonly files: readonly string[];
  readonly args: readonly string[];
  readonly options: {
    /** What `ps` shows, whichever executable it is. */
    readonly argv0: string;
    readonly env: Record<string, string>;
    readonly cwd: string;
    readonly windowsHide: boolean;
  };
  /** When the process is killed if it has not ended by itself, on the clock of `Date.now()`. */
  readonly killAt: number;
}

/** The way of frames into the process that ships. Synchronous, because nothing else works in a process that ends. */
export interface ShippingInput {
  /** Why no more frames get into a process, as far as that is known. Complete after the end. */
  readonly failure: string | undefined;
  /**
   * Sends a frame, whose memory may be used again afterwards.
   * @param itemCount items in it
   * @returns false if the process has ended, or its time is over, or none could be started
   */
  write(frame: readonly Uint8Array[], itemCount: number): boolean;
  /** Says that no frame follows, and waits until the process has ended. @returns the items of written frames that were lost */
  end(): readonly LostItems[];
}
