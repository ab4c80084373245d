import { diag, DiagLogLevel } from '@opentelemetry/api';
import {
  effectiveSettings,
  type EffectiveSetting,
  processEnvironment,
  type Warn,
  warnOfVariablesWithoutEffect,
} from '@spillway/config';

/** The settings from the variables of this process. Problems go to `warnings`. */
export function settingsOfProcess(warnings: Warnings): readonly EffectiveSetting[] {
  // Each problem with the variables of the process is reported only once, and a registration that `NODE_OPTIONS` loads
  // before us has already received the report. So read the same variables through another object. It is a proxy and not
  // a copy, because a copy would lose the case-insensitive names of Windows.
  const variables = new Proxy(processEnvironment(), {});
  const settings = effectiveSettings(variables, warnings.add);
  warnOfVariablesWithoutEffect(variables, warnings.add);
  return settings;
}

/** Problems with the settings, each one once. */
export class Warnings {
  readonly #messages = new Set<string>();

  /** Also collects the warnings that our packages log through `diag`. */
  constructor() {
    const logger = { error: this.add, warn: this.add, info: ignore, debug: ignore, verbose: ignore };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  }

  readonly add: Warn = (message) => {
    // Each exporter puts its name first. Without it, equal warnings of both are one.
    this.#messages.add(message.replace(/^(Otlp\w+Exporter|OTLP transport): /, ''));
  };

  get all(): readonly string[] {
    return [...this.#messages];
  }
}

function ignore(): void {}
