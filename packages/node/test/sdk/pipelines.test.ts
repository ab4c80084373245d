import { ConsoleLogRecordExporter } from '@opentelemetry/sdk-logs';
import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogsSdkModule, TraceSdkModule } from '../../src/sdk/opentelemetry.ts';
import { logPipelines, type Pipeline, RefusedOption, tracePipelines } from '../../src/sdk/pipelines.ts';
import { resolveSettings } from '../../src/sdk/settings.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';

class OwnExporter {
  export(): void {}

  async shutdown(): Promise<void> {}
}

/** Of either processor, so that both can be given the same. */
type Options = NonNullable<StartOptions['traces']> & NonNullable<StartOptions['logs']>;

const TRACES = { ConsoleSpanExporter } as unknown as TraceSdkModule;
const LOGS = { ConsoleLogRecordExporter } as unknown as LogsSdkModule;

let made: readonly Pipeline[] = [];
afterEach(() => Promise.all(made.map(({ processor }) => processor.shutdown())));

describe.each(['traces', 'logs'] as const)('the pipelines of %s', (signal) => {
  function pipelines(options: Options | false | undefined, env: Readonly<Record<string, string>> = {}): readonly Pipeline[] {
    const settings = resolveSettings({ [signal]: options, pressure: [{ utilization: () => 1 }] }, () => {}, env);
    made = signal === 'traces' ? tracePipelines(settings, options, TRACES) : logPipelines(settings, options, LOGS);
    return made;
  }
  const namesOf = (of: readonly Pipeline[]): unknown[] => of.map(({ exporter, endpoint }) => [exporter, endpoint]);
  const byOtlp = ['otlp', `http://localhost:4318/v1/${signal}`];

  it('are one to a collector, where nothing is said', () => {
    expect(namesOf(pipelines(undefined))).toEqual([byOtlp]);
  });

  it('are one to each exporter that is named, by the variable or in code', () => {
    const variable = { [`OTEL_${signal.toUpperCase()}_EXPORTER`]: 'console,otlp' };
    expect(namesOf(pipelines({}, variable))).toEqual([['console', undefined], byOtlp]);
    expect(namesOf(pipelines({ exporters: ['console'] }, variable))).toEqual([['console', undefined]]);
  });

  it('are one to an exporter of the application, whatever is named', () => {
    expect(namesOf(pipelines({ exporter: new OwnExporter(), exporters: ['otlp', 'console'] }))).toEqual([['OwnExporter', undefined]]);
  });

  it('are none, where the signal is not wanted', () => {
    expect(pipelines(false)).toEqual([]);
    expect(pipelines({ exporters: ['none'] })).toEqual([]);
  });

  it('are under the pressure of the start, or their own', () => {
    const stateWith = (options: Options) => pipelines(options)[0]?.processor.getMetrics().state;
    expect(stateWith({})).toBe('blocked');
    expect(stateWith({ exporter: new OwnExporter() })).toBe('blocked');
    expect(stateWith({ pressure: [] })).toBe('normal');
  });

  it('are none, and the option is named, where one is wrong', () => {
    const refused = (options: Options) => expect(() => pipelines(options)).toThrow(expect.objectContaining({ name: RefusedOption.name, cause: expect.objectContaining({ message: expect.stringContaining('maxQueueSize') }) }));
    refused({ maxQueueSize: 0 });
    refused({ maxQueueSize: 0, exporter: new OwnExporter() });
  });
});
