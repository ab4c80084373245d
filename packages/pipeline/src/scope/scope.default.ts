/** A stretch of execution that code within it can tell. */
export interface Scope {
  run<T>(work: () => T): T;
  /** Whether the caller was called, directly or not, from within `run`. */
  readonly isActive: boolean;
}

/** Knows of what runs before `run` returns, and not of what that leaves for later: for platforms without more. */
export function createScope(): Scope {
  let depth = 0;
  return {
    run(work) {
      depth += 1;
      try {
        return work();
      } finally {
        depth -= 1;
      }
    },
    get isActive() {
      return depth > 0;
    },
  };
}
