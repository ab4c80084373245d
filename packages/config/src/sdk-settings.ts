import { everySignal, type SettingsOf } from './setting.ts';
import type { Signal } from './signal.ts';
import { boolean } from './value-types/boolean.ts';
import { byteSizeFrom } from './value-types/byte-size.ts';
import { longTimeout } from './value-types/duration.ts';
import { listOf } from './value-types/list-of.ts';
import { integer } from './value-types/number.ts';
import { wordOf } from './value-types/one-of.ts';
import { resourceAttributes, type ResourceAttributes } from './value-types/resource-attributes.ts';
import { text, type ValueType } from './value-types/value-type.ts';

/** Every {@link LogLevelName}. */
export const LOG_LEVELS = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] as const;

/** How loud `diag` is. */
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** Every {@link PropagatorName}. */
export const PROPAGATORS = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'none'] as const;

/** How contexts travel between processes. All but the first two and `none` are packages of their own. */
export type PropagatorName = (typeof PROPAGATORS)[number];

/** Every {@link ExporterName}. */
export const EXPORTERS = ['otlp', 'otlp/stdout', 'console', 'none'] as const;

/** Where spans and log records go. */
export type ExporterName = (typeof EXPORTERS)[number];

/** Every {@link MetricExporterName}. */
export const METRIC_EXPORTERS = [...EXPORTERS, 'prometheus'] as const;

/** Where metrics go. */
export type MetricExporterName = (typeof METRIC_EXPORTERS)[number];

/** Every {@link ExitName}. */
export const EXITS = ['ship', 'spool', 'none'] as const;

/** What happens to items that are left when a process ends without time for a drain. */
export type ExitName = (typeof EXITS)[number];

/** Every {@link PressureName}. */
export const PRESSURES = ['heap', 'container_memory', 'event_loop', 'none'] as const;

/** Pressure of this process that raises the state, apart from the queues. */
export type PressureName = (typeof PRESSURES)[number];

/** Every {@link SpoolSyncName}. */
export const SPOOL_SYNCS = ['never', 'interval', 'segment', 'always'] as const;

/** When the spool makes what it has written durable. */
export type SpoolSyncName = (typeof SPOOL_SYNCS)[number];

/** Options of the zero-code registration that apply to all signals. Options that no variable sets are absent. */
export interface SdkEnvironment {
  readonly configFile?: string;
  readonly disabled?: boolean;
  readonly logLevel?: LogLevelName;
  readonly serviceName?: string;
  readonly resourceAttributes?: ResourceAttributes;
  readonly propagators?: readonly PropagatorName[];
  readonly exit?: ExitName;
  readonly spoolDirectory?: string;
  readonly spoolMaxBytes?: number;
  readonly spoolSync?: SpoolSyncName;
  readonly spoolMaxAgeMillis?: number;
  readonly pressure?: readonly PressureName[];
  readonly selfMetrics?: boolean;
  readonly lossReports?: boolean;
  readonly zpagesPort?: number;
  readonly zpagesHost?: string;
  /** A secret. */
  readonly zpagesToken?: string;
}

/** Options of the zero-code registration for one signal. Options that no variable sets are absent. */
export interface SdkSignalEnvironment<S extends Signal = Signal> {
  readonly exporters?: readonly (S extends 'metrics' ? MetricExporterName : ExporterName)[];
  /** This one and the next are for metrics only. */
  readonly prometheusHost?: string;
  readonly prometheusPort?: number;
}

/**
 * A list in which `none` must stand alone. Together with other words, `none` is the mistake, because those were asked
 * for.
 */
/* @__NO_SIDE_EFFECTS__ */
function noneOrSome<T extends string>(item: ValueType<T | 'none'>): ValueType<readonly (T | 'none')[]> {
  const list = listOf(item);
  return {
    ...list,
    parse(words) {
      const { value, problem } = list.parse(words);
      if (value === undefined || value.length < 2 || !value.includes('none'))
        return { ...(value && { value }), ...(problem !== undefined && { problem }) };
      const besides = '"none" is left out, because other values are given';
      return {
        value: value.filter((name) => name !== 'none'),
        problem: problem === undefined ? besides : `${problem}; ${besides}`,
      };
    },
  };
}

/** A spool needs some files, each of which holds a whole request. */
const LEAST_SPOOL_BYTES = 2 ** 20;

const exporters = noneOrSome(wordOf(EXPORTERS));

const port = integer({ min: 1, max: 65_535 });

/** 0 takes any free port. */
const anyPort = integer({ min: 0, max: 65_535 });

/** The options of the registration that apply to all signals, in the order in which tables list them. */
export const SDK_SETTINGS: SettingsOf<SdkEnvironment> = {
  configFile: {
    meaning:
      'A declarative configuration, which replaces all other variables that begin with `OTEL_`. It needs the package `@opentelemetry/configuration`. For the zero-code registration only, like all rows below',
    default: everySignal('none'),
    sources: everySignal([{ name: 'OTEL_CONFIG_FILE', type: text }]),
  },
  disabled: {
    meaning:
      'Starts only the propagators: the application records and sends no telemetry, but passes on contexts that it receives',
    default: everySignal('`false`'),
    sources: everySignal([{ name: 'OTEL_SDK_DISABLED', type: boolean }]),
  },
  logLevel: {
    meaning:
      'How much OpenTelemetry and Spillway log on stderr. By default, Spillway logs at `info` and above, and each kind of warning from other packages is logged once a minute; a level that is set applies to both',
    default: everySignal('`info`'),
    sources: everySignal([{ name: 'OTEL_LOG_LEVEL', type: wordOf(LOG_LEVELS) }]),
  },
  serviceName: {
    meaning: 'The `service.name` of the resource; wins over the same attribute in the next variable',
    default: everySignal('`unknown_service:node`, after the executable'),
    sources: everySignal([{ name: 'OTEL_SERVICE_NAME', type: text }]),
  },
  resourceAttributes: {
    meaning: 'Attributes of the resource, percent-encoded. One bad entry discards the list',
    default: everySignal('none'),
    sources: everySignal([{ name: 'OTEL_RESOURCE_ATTRIBUTES', type: resourceAttributes }]),
  },
  propagators: {
    meaning: 'How contexts travel between processes. All but the first two are packages that the application installs',
    default: everySignal('`tracecontext,baggage`'),
    sources: everySignal([{ name: 'OTEL_PROPAGATORS', type: noneOrSome(wordOf(PROPAGATORS)) }]),
  },
  exit: {
    meaning:
      'What happens to items that are left at `process.exit()` or a crash: shipped by a short-lived child, stored in the spool, or given up. What the one does not take, the other gets',
    default: everySignal('`ship`; `spool` if there is a spool'),
    sources: everySignal([{ name: 'SPILLWAY_EXIT', type: wordOf(EXITS) }]),
  },
  spoolDirectory: {
    meaning:
      'The folder of the spool, which keeps on disk what memory cannot hold and what cannot be sent before the process ends. It is made when it is needed',
    default: everySignal('none, which means no spool'),
    sources: everySignal([{ name: 'SPILLWAY_SPOOL_DIRECTORY', type: text }]),
  },
  spoolMaxBytes: {
    meaning:
      'Most bytes of the service in the spool, of all its processes together. The oldest are given up for newer ones',
    default: everySignal('512MiB'),
    sources: everySignal([{ name: 'SPILLWAY_SPOOL_MAX_BYTES', type: byteSizeFrom(LEAST_SPOOL_BYTES, '1MiB') }]),
  },
  spoolSync: {
    meaning:
      'When written data is made safe from a power cut or a crash of the system: when the system likes, after 500 ms at most, with each full file, or with each write. Whatever it is, written data survives the end of the process',
    default: everySignal('`interval`'),
    sources: everySignal([{ name: 'SPILLWAY_SPOOL_SYNC', type: wordOf(SPOOL_SYNCS) }]),
  },
  spoolMaxAgeMillis: {
    meaning: 'How long data may wait in the spool before it is given up; 0 is no limit',
    default: everySignal('604800000, which is 7 days'),
    sources: everySignal([{ name: 'SPILLWAY_SPOOL_MAX_AGE', type: longTimeout }]),
  },
  pressure: {
    meaning:
      'What raises the state of every signal, apart from their queues: memory that fills up, if giving up items would relieve it, or an event loop that is never idle',
    default: everySignal('`heap,container_memory`'),
    sources: everySignal([{ name: 'SPILLWAY_PRESSURE', type: noneOrSome(wordOf(PRESSURES)) }]),
  },
  selfMetrics: {
    meaning:
      'Records metrics about the processors, readers and exporters themselves, with the metrics of the application',
    default: everySignal('`false`'),
    sources: everySignal([{ name: 'SPILLWAY_SELF_METRICS', type: boolean }]),
  },
  lossReports: {
    meaning:
      'Sends a log record about what any signal has lost, once a minute at most for each, with the logs of the application. In code, an option of `logs`',
    default: everySignal('`true`'),
    sources: everySignal([{ name: 'SPILLWAY_LOSS_REPORTS', type: boolean }]),
  },
  zpagesPort: {
    meaning:
      'Serves the live page of the process at this port: 55679 is the usual one, 0 takes any free port, which is logged',
    default: everySignal('none'),
    sources: everySignal([{ name: 'SPILLWAY_ZPAGES_PORT', type: anyPort }]),
  },
  zpagesHost: {
    meaning: 'The address at which the live page is served. Any other than a loopback address needs the next variable',
    default: everySignal('`127.0.0.1`'),
    sources: everySignal([{ name: 'SPILLWAY_ZPAGES_HOST', type: text }]),
  },
  zpagesToken: {
    meaning: 'What a viewer of the live page must know, as the password of any user: at least 16 characters',
    default: everySignal('none'),
    sources: everySignal([{ name: 'SPILLWAY_ZPAGES_TOKEN', type: text }]),
  },
};

/** The options of the registration for one signal. */
export const SDK_SIGNAL_SETTINGS: SettingsOf<SdkSignalEnvironment> = {
  exporters: {
    meaning: 'Where a signal goes; several are separated by commas',
    default: everySignal('`otlp`'),
    sources: {
      traces: [{ name: 'OTEL_TRACES_EXPORTER', type: exporters }],
      logs: [{ name: 'OTEL_LOGS_EXPORTER', type: exporters }],
      metrics: [{ name: 'OTEL_METRICS_EXPORTER', type: noneOrSome(wordOf(METRIC_EXPORTERS)) }],
    },
  },
  prometheusHost: {
    meaning: 'The address at which the exporter `prometheus` listens; `0.0.0.0` for every address of this machine',
    default: { metrics: '`localhost`' },
    sources: { metrics: [{ name: 'OTEL_EXPORTER_PROMETHEUS_HOST', type: text }] },
  },
  prometheusPort: {
    meaning: 'The port at which the exporter `prometheus` listens',
    default: { metrics: '9464' },
    sources: { metrics: [{ name: 'OTEL_EXPORTER_PROMETHEUS_PORT', type: port }] },
  },
};
