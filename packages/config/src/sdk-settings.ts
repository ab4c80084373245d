import { everySignal, type SettingsOf } from './setting.ts';
import { namesOf } from './signal.ts';
import { boolean } from './value-types/boolean.ts';
import { listOf } from './value-types/list-of.ts';
import { oneOf } from './value-types/one-of.ts';
import { resourceAttributes, type ResourceAttributes } from './value-types/resource-attributes.ts';
import { text } from './value-types/text.ts';
import type { ValueType } from './value-types/value-type.ts';

/** How loud `diag` is. */
export type LogLevelName = 'none' | 'error' | 'warn' | 'info' | 'debug' | 'verbose' | 'all';

/** How contexts travel between processes. */
export type PropagatorName = 'tracecontext' | 'baggage' | 'none';

/** Where a signal goes. */
export type ExporterName = 'otlp' | 'console' | 'none';

/** What becomes of items that are left when a process ends without time for a drain. */
export type ExitName = 'spool' | 'ship' | 'none';

/** What presses on a process, beside the queues. */
export type PressureName = 'heap' | 'container_memory' | 'event_loop' | 'none';

/** Options of the zero-code registration that hold for all signals; those that nothing sets are absent. */
export interface SdkEnvironment {
  readonly disabled?: boolean;
  readonly logLevel?: LogLevelName;
  readonly serviceName?: string;
  readonly resourceAttributes?: ResourceAttributes;
  readonly propagators?: readonly PropagatorName[];
  readonly exit?: ExitName;
  readonly pressure?: readonly PressureName[];
}

/** Options of the zero-code registration for one signal; those that nothing sets are absent. */
export interface SdkSignalEnvironment {
  readonly exporters?: readonly ExporterName[];
}

const logLevel = oneOf<LogLevelName>({
  none: 'none',
  error: 'error',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  verbose: 'verbose',
  all: 'all',
});

const propagator = oneOf<PropagatorName>({ tracecontext: 'tracecontext', baggage: 'baggage', none: 'none' });

const exporter = oneOf<ExporterName>({ otlp: 'otlp', console: 'console', none: 'none' });

const exit = oneOf<ExitName>({ spool: 'spool', ship: 'ship', none: 'none' });

const pressure = oneOf<PressureName>({ heap: 'heap', container_memory: 'container_memory', event_loop: 'event_loop', none: 'none' });

/** A list in which `none` stands alone: beside others it is the mistake, since somebody named those. */
function noneOrSome<T extends string>(item: ValueType<T | 'none'>): ValueType<readonly (T | 'none')[]> {
  const list = listOf(item);
  return {
    ...list,
    parse(words) {
      const { value, problem } = list.parse(words);
      if (value === undefined || value.length < 2 || !value.includes('none')) return { ...(value && { value }), ...(problem !== undefined && { problem }) };
      const besides = '"none" is left out, since it stands beside others';
      return { value: value.filter((name) => name !== 'none'), problem: problem === undefined ? besides : `${problem}; ${besides}` };
    },
  };
}

/** The options of the registration that hold for all signals, in the order in which tables list them. */
export const SDK_SETTINGS: SettingsOf<SdkEnvironment> = {
  disabled: {
    meaning: 'Starts nothing: the application runs as if there were no telemetry. Zero-code registration, as all that follows',
    default: everySignal('`false`'),
    sources: () => [{ name: 'OTEL_SDK_DISABLED', type: boolean }],
  },
  logLevel: {
    meaning: 'How much OpenTelemetry and Spillway say of themselves, on stderr',
    default: everySignal('`info`'),
    sources: () => [{ name: 'OTEL_LOG_LEVEL', type: logLevel }],
  },
  serviceName: {
    meaning: 'The `service.name` of the resource; wins over the same attribute in the next variable',
    default: everySignal('`unknown_service:node`, by the executable'),
    sources: () => [{ name: 'OTEL_SERVICE_NAME', type: text }],
  },
  resourceAttributes: {
    meaning: 'Attributes of the resource, percent-encoded. One bad entry discards the list',
    default: everySignal('none'),
    sources: () => [{ name: 'OTEL_RESOURCE_ATTRIBUTES', type: resourceAttributes }],
  },
  propagators: {
    meaning: 'How contexts travel between processes',
    default: everySignal('`tracecontext,baggage`'),
    sources: () => [{ name: 'OTEL_PROPAGATORS', type: noneOrSome(propagator) }],
  },
  exit: {
    meaning: 'What becomes of items that are left at `process.exit()` or a crash: written to the spool, shipped by a short-lived child, or given up',
    default: everySignal('`ship`'),
    sources: () => [{ name: 'SPILLWAY_EXIT', type: exit }],
  },
  pressure: {
    meaning: 'What raises the state of both signals beside their queues: memory that fills, an event loop that is never idle',
    default: everySignal('`heap,container_memory`'),
    sources: () => [{ name: 'SPILLWAY_PRESSURE', type: noneOrSome(pressure) }],
  },
};

/** The options of the registration for one signal. */
export const SDK_SIGNAL_SETTINGS: SettingsOf<SdkSignalEnvironment> = {
  exporters: {
    meaning: 'Where a signal goes; several are separated by commas',
    default: everySignal('`otlp`'),
    sources: (signal) => [{ name: `OTEL_${namesOf(signal).infix}_EXPORTER`, type: noneOrSome(exporter) }],
  },
};
