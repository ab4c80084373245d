/** Microseconds of the hook for one span that has ended. */
export interface HookMicros {
  /** Right after another span. */
  readonly busy: number;
  /** After other work has filled the caches, as between two spans of a quiet process. */
  readonly quiet: number;
  /** The same, for each of several spans at once. */
  readonly quietTogether: number;
}

/** The result of one run of the bench of a quiet process. */
export interface QuietFigures {
  readonly upstream: HookMicros;
  readonly spillway: HookMicros;
  readonly problems: readonly string[];
}
