import { diag, DiagLogLevel } from '@opentelemetry/api';
import { effectiveSettings, type EffectiveSetting, processEnvironment, type Warn, warnOfVariablesWithoutEffect } from '@spillway/config';

/** What the variables of this process say, and what is wrong with them. */
export function settingsOfProcess(warnings: Warnings): readonly EffectiveSetting[] {
  // Of those of the process each thing is said once, and a registration that `NODE_OPTIONS` brings before us has heard it: so of
  // others, which are the same. A copy would not know a name in another case, as Windows does.
  const variables = new Proxy(processEnvironment(), {});
  const settings = effectiveSettings(variables, warnings.add);
  warnOfVariablesWithoutEffect(variables, warnings.add);
  return settings;
}

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
