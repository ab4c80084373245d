import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach } from 'vitest';

export interface LoggedLine {
  /** Milliseconds of simulated time since the test began. */
  readonly at: number;
  readonly level: 'error' | 'warn' | 'info';
  readonly text: string;
}

export interface LoggedLines {
  readonly lines: readonly LoggedLine[];
  /** Milliseconds of simulated time since the test began. */
  elapsed(): number;
}

/** Collects the lines of `diag` at level info and above, in the tests of this file. */
export function useLoggedLines(): LoggedLines {
  const lines: LoggedLine[] = [];
  let startedAt = 0;
  const elapsed = (): number => performance.now() - startedAt;
  beforeEach(() => {
    startedAt = performance.now();
    const at = (level: LoggedLine['level']) => (text: string) => void lines.push({ at: elapsed(), level, text });
    diag.setLogger(
      { error: at('error'), warn: at('warn'), info: at('info'), debug() {}, verbose() {} },
      { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
    );
    lines.length = 0;
  });
  afterEach(() => diag.disable());
  return { lines, elapsed };
}
