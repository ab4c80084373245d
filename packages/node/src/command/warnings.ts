import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { Warn } from '@spillway/config';

/** What is wrong with what is set, each thing once. */
export class Warnings {
  readonly #messages = new Set<string>();

  /** Takes what our packages warn of through `diag` as well. */
  constructor() {
    const logger = { error: this.add, warn: this.add, info: ignore, debug: ignore, verbose: ignore };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  }

  readonly add: Warn = (message) => {
    // Each exporter begins with its name, and has the same to say.
    this.#messages.add(message.replace(/^(Otlp\w+Exporter|OTLP transport): /, ''));
  };

  get all(): readonly string[] {
    return [...this.#messages];
  }
}

function ignore(): void {}
