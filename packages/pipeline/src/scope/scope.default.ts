/** A stretch of execution that can be detected by the code within it. */
export interface Scope {
  run<T>(work: () => T): T;
  /** Whether the caller was called, directly or not, from within `run`. */
  readonly isActive: boolean;
}

/** Covers only work that runs before `run` returns, not what it starts for later: for platforms that offer no more. */
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
