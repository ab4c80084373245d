import type { AccountedTurns } from '../turns/take-turns.ts';
import type { Line, RowResult } from './row.ts';

/** The result of a row whose pipelines took turns. */
export function turnsResult(results: readonly AccountedTurns[], lines: readonly Line[]): RowResult {
  return {
    lines,
    runs: results.map(({ signal, variant, turns, accounting }) => ({
      variant,
      run: 1,
      figures: { signal, ...turns, accounting },
    })),
    samples: [],
    problems: results.flatMap(({ signal, variant, accounting }) =>
      accounting.problems.map((problem) => `${variant}, ${signal}: ${problem}`),
    ),
  };
}
