import { fileURLToPath } from 'node:url';

/** A line of OpenTelemetry JS, by the folder from which its packages are found. */
export interface SdkLine {
  readonly name: '2.x' | '3.x';
  readonly folder: string;
  /** Modules that the log package does not export, but that upstream's tests use to make records. */
  readonly logInternals: string;
}

/** A file of upstream's tests, and our replacements for the modules under test. */
export interface Suite {
  readonly name: string;
  /** The package of upstream, below its checkout. */
  readonly package: string;
  readonly file: string;
  /** Adapters by the module that they replace, below the package, without its extension. */
  readonly instead: Readonly<Record<string, string>>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const LINES: readonly SdkLine[] = [
  { name: '2.x', folder: ROOT, logInternals: `${ROOT}node_modules/@opentelemetry/sdk-logs/build/src/*.js` },
  { name: '3.x', folder: `${ROOT}test`, logInternals: `${ROOT}test/node_modules/@opentelemetry/sdk-logs/dist/*.mjs` },
];

const EXPORTER_BASE = 'experimental/packages/otlp-exporter-base';
const TRANSFORMER = 'experimental/packages/otlp-transformer';

export const SUITES: readonly Suite[] = [
  {
    name: 'BatchSpanProcessor',
    package: 'packages/sdk-trace',
    file: 'test/common/export/BatchSpanProcessorBase.test.ts',
    instead: { src: 'trace-sdk' },
  },
  {
    name: 'BatchLogRecordProcessor',
    package: 'experimental/packages/sdk-logs',
    file: 'test/common/export/BatchLogRecordProcessor.test.ts',
    instead: { src: 'logs-sdk', 'src/export/BatchLogRecordProcessorBase': 'logs-sdk' },
  },
  {
    name: 'HTTP transport',
    package: EXPORTER_BASE,
    file: 'test/node/http-exporter-transport.test.ts',
    instead: { 'src/transport/http-exporter-transport': 'http-transport' },
  },
  {
    name: 'environment',
    package: EXPORTER_BASE,
    file: 'test/node/configuration/otlp-http-env-configuration.test.ts',
    instead: {
      'src/configuration/otlp-node-http-env-configuration': 'environment',
      'src/index-node-http': 'environment',
    },
  },
  {
    name: 'spans of the transformer',
    package: TRANSFORMER,
    file: 'test/trace.test.ts',
    instead: {
      'src/trace/protobuf': 'trace-transformer',
      'src/trace/internal': 'trace-transformer',
      'src/trace/json': 'trace-transformer',
      'test/generated/signals': 'definitions',
    },
  },
  {
    name: 'log records of the transformer',
    package: TRANSFORMER,
    file: 'test/logs.test.ts',
    instead: {
      'src/logs/protobuf': 'logs-transformer',
      'src/logs/internal': 'logs-transformer',
      'src/logs/json': 'logs-transformer',
      'test/generated/signals': 'definitions',
    },
  },
];
