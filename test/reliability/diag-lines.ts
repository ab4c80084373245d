import { diag } from '@opentelemetry/api';

/** Takes what is logged through `diag` from now on. There is one logger in a process: nobody else may set it meanwhile. */
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
