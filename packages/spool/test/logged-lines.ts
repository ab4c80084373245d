import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach } from 'vitest';

/** Collects what is logged through `diag` in each test: the level and the text of each line, without those of level info. */
export function useLoggedLines(): () => readonly string[] {
  let lines: string[] = [];
  beforeEach(() => {
    lines = [];
    const note = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
    const ignore = (): void => {};
    diag.setLogger(
      { error: note('error'), warn: note('warn'), info: ignore, debug: ignore, verbose: ignore },
      { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
    );
  });
  afterEach(() => diag.disable());
  return () => lines;
}
