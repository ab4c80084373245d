import { defaultResource } from '@opentelemetry/resources';
import * as sdkLogs from '@opentelemetry/sdk-logs';
import * as sdkTrace from '@opentelemetry/sdk-trace-base';
import { processEnvironment } from '@spillway/config';
import type { RequestSpool, SpoolPlace } from '@spillway/pipeline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FilePlan, planOf } from '../../src/config-file/file-plan.ts';
import type { SdkModules } from '../../src/sdk/given-modules.ts';
import { givenApplication } from '../../src/sdk/given-sdk.ts';
import type { InstalledModule } from '../../src/sdk/installed-module.ts';
import type { ResourceLike } from '../../src/sdk/sdk-module-types.ts';
import { LOGS } from '../../src/signals/logs.ts';
import { type Pipeline, pipelinesOf, type Processor, RefusedOption } from '../../src/signals/pipelines.ts';
import { TRACES } from '../../src/signals/traces.ts';
import { resolveSettings } from '../../src/sdk/resolve-settings.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';

class OwnExporter {
  export(): void {}

  async shutdown(): Promise<void> {}
}

/** The options that both processors have. */
type Options = NonNullable<StartOptions['traces']> & NonNullable<StartOptions['logs']>;

const resource = defaultResource() as unknown as ResourceLike;

const moduleOf = (module: object): InstalledModule => ({
  name: 'sdk',
  version: '2.12.1',
  file: '',
  load: () => module,
  sibling: () => undefined,
});

function spoolOf(name: string, joined: string[]): RequestSpool {
  const place: SpoolPlace = {
    store: () => false,
    isEmpty: true,
    getMetrics: () => ({ items: 0, bytes: 0, oldestStoredAt: undefined, takenOver: 0 }),
    onReady: () => () => {},
    whenWritten: async () => true,
    close: async () => {},
    closeNow() {},
  };
  return {
    join(pipeline) {
      joined.push(`${name} ${pipeline.signal}`);
      return place;
    },
  };
}

let made: readonly Pipeline[] = [];
afterEach(() => Promise.all(made.map(({ processor }) => processor.shutdown())));

describe.each([
  ['traces', TRACES, sdkTrace],
  ['logs', LOGS, sdkLogs],
] as const)('the pipelines of %s', (signal, description, sdk) => {
  function pipelines(
    options: Options | false | undefined,
    env: Readonly<Record<string, string>> = {},
    spool?: RequestSpool,
    file?: FilePlan,
  ): readonly Pipeline[] {
    const start = { [signal]: options, pressure: [{ utilization: () => 1 }] };
    const settings = resolveSettings(start, () => {}, env, file);
    const module = moduleOf(sdk);
    const application = givenApplication({} as SdkModules);
    const parts = {
      settings,
      options: start,
      spool,
      line: '2.x',
      module,
      application,
      resource,
      meterSource: undefined,
      untraced: <T>(run: () => T) => run(),
      warn: () => {},
    } as const;
    made = description.make(parts)?.pipelines ?? [];
    return made;
  }
  const namesOf = (of: readonly Pipeline[]): unknown[] => of.map(({ exporter, endpoint }) => [exporter, endpoint]);
  const byOtlp = ['otlp', `http://localhost:4318/v1/${signal}`];

  it('are one pipeline to a collector by default', () => {
    expect(namesOf(pipelines(undefined))).toEqual([byOtlp]);
  });

  it('to a collector have the spool of the start, or their own, and no pipeline to a stream has one', () => {
    const spools = (own?: RequestSpool) => {
      const joined: string[] = [];
      const exporters = ['otlp', 'console', 'otlp/stdout'] as const;
      pipelines({ exporters, spool: own }, {}, spoolOf('shared', joined));
      return joined;
    };
    expect(spools()).toEqual([`shared ${signal}`]);
    const own: string[] = [];
    expect(spools(spoolOf('own', own))).toEqual([]);
    expect(own).toEqual([`own ${signal}`]);
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

  describe('with a configuration file', () => {
    const ofProcess = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://process:4318' };
    const provider = { traces: 'tracer_provider', logs: 'logger_provider' }[signal];
    const fileWith = (exporter: object): FilePlan =>
      planOf('otel.yaml', { [provider]: { processors: [{ batch: { max_queue_size: 9, exporter } }] } });
    const otlp = fileWith({ otlp_http: { endpoint: 'http://file:4318/v1' } });

    beforeEach(() => {
      for (const [name, value] of Object.entries(ofProcess)) vi.stubEnv(name, value);
    });
    afterEach(() => vi.unstubAllEnvs());

    it('are as the file says if code names an exporter of it, and without variables of the process otherwise', () => {
      const named: Options = { exporters: ['otlp'] };
      expect(namesOf(pipelines(named, ofProcess, undefined, otlp))).toEqual([['otlp', 'http://file:4318/v1']]);
      expect(namesOf(pipelines(named, ofProcess, undefined, fileWith({ console: null })))).toEqual([byOtlp]);
    });

    it('have a processor that sees no variables of the process if code brings the exporter', () => {
      const options = { exporter: new OwnExporter() };
      const settings = resolveSettings({ [signal]: options }, () => {}, ofProcess, otlp);
      const seen: unknown[] = [];
      const parts = { settings, spool: undefined, meterSource: undefined };
      pipelinesOf(
        signal,
        parts,
        options,
        () => {
          seen.push(processEnvironment()['OTEL_EXPORTER_OTLP_ENDPOINT']);
          return {} as Processor;
        },
        {},
      );
      expect(seen).toEqual([undefined]);
    });

    it('may be none, and then there is nothing to drain', () => {
      expect(resolveSettings({}, () => {}, {}, planOf('otel.yaml', {})).drainTimeoutMillis).toBe(0);
    });
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
