import type { Frame } from '../frame.ts';

/** Where the demo is watched. */
export interface View {
  show(frame: Frame): void;
  /** Leaves the screen in order. May be called more than once. */
  end(): void;
}
