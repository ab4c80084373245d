import { diag } from '@opentelemetry/api';

/** Collects the lines of `diag` from now on. A process has only one logger, so no other code may set it meanwhile. */
export class DiagLines implements Disposable {
  readonly lines: string[] = [];

  constructor() {
    const say = (line: string): void => void this.lines.push(line);
    diag.setLogger({ error: say, warn: say, info: say, debug: say, verbose: say }, { suppressOverrideMessage: true });
  }

  [Symbol.dispose](): void {
    diag.disable();
  }
}
