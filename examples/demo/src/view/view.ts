import type { Frame } from '../frame.ts';

/** A display of the demo. */
export interface View {
  show(frame: Frame): void;
  /** Restores the screen. May be called more than once. */
  end(): void;
}
