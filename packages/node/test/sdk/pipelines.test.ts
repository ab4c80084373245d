import { ConsoleLogRecordExporter } from '@opentelemetry/sdk-logs';
import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogsSdkModule, TraceSdkModule } from '../../src/sdk/sdk-module-types.ts';
import { logPipelines, type Pipeline, RefusedOption, tracePipelines } from '../../src/sdk/pipelines.ts';
import { resolveSettings } from '../../src/sdk/settings.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';

class OwnExporter {
  export(): void {}

  async shutdown(): Promise<void> {}
}

/** The options that both processors have. */
type Options = NonNullable<StartOptions['traces']> & NonNullable<StartOptions['logs']>;

const TRACES = { ConsoleSpanExporter } as unknown as TraceSdkModule;
const LOGS = { ConsoleLogRecordExporter } as unknown as LogsSdkModule;

let made: readonly Pipeline[] = [];
afterEach(() => Promise.all(made.map(({ processor }) => processor.shutdown())));

describe.each(['traces', 'logs'] as const)('the pipelines of %s', (signal) => {
  function pipelines(
    options: Options | false | undefined,
    env: Readonly<Record<string, string>> = {},
  ): readonly Pipeline[] {
    const settings = resolveSettings({ [signal]: options, pressure: [{ utilization: () => 1 }] }, () => {}, env);
    made = signal === 'traces' ? tracePipelines(settings, options, TRACES) : logPipelines(settings, options, LOGS);
    return made;
  }
  const namesOf = (of: readonly Pipeline[]): unknown[] => of.map(({ exporter, endpoint }) => [exporter, endpoint]);
  const byOtlp = ['otlp', `http://localhost:4318/v1/${signal}`];

  it('are one pipeline to a collector by default', () => {
    expect(namesOf(pipelines(undefined))).toEqual([byOtlp]);
  });

  it('are one pipeline to each named exporter, by the variable or in code', () => {
    const variable = { [`OTEL_${signal.toUpperCase()}_EXPORTER`]: 'console,otlp' };
    expect(namesOf(pipelines({}, variable))).toEqual([['console', undefined], byOtlp]);
    expect(namesOf(pipelines({ exporters: ['console'] }, variable))).toEqual([['console', undefined]]);
    expect(namesOf(pipelines({ exporters: ['otlp/stdout'] }))).toEqual([['otlp/stdout', undefined]]);
  });

  it('are one pipeline to the exporter of the application, whatever is named', () => {
    expect(namesOf(pipelines({ exporter: new OwnExporter(), exporters: ['otlp', 'console'] }))).toEqual([
      ['OwnExporter', undefined],
    ]);
  });

  it('are none if the signal is switched off', () => {
    expect(pipelines(false)).toEqual([]);
    expect(pipelines({ exporters: ['none'] })).toEqual([]);
  });

  it('have the pressure of the start, or their own', () => {
    const stateWith = (options: Options) => pipelines(options)[0]?.processor.getMetrics().state;
    expect(stateWith({})).toBe('blocked');
    expect(stateWith({ exporter: new OwnExporter() })).toBe('blocked');
    expect(stateWith({ pressure: [] })).toBe('normal');
  });

  it('are not made if an option is wrong, and the error names the option', () => {
    const refused = (options: Options) =>
      expect(() => pipelines(options)).toThrow(
        expect.objectContaining({
          name: RefusedOption.name,
          cause: expect.objectContaining({ message: expect.stringContaining('maxQueueSize') }),
        }),
      );
    refused({ maxQueueSize: 0 });
    refused({ maxQueueSize: 0, exporter: new OwnExporter() });
  });
});
