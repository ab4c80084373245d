import { type Environment, PROPAGATORS, resourceAttributes, type Signal } from '@spillway/config';
import { FileVariables } from './file-variables.ts';
import { type PlannedView, plannedView } from './planned-views.ts';
import { type PlannedPipeline, plannedProcessor, plannedReader } from './processors.ts';
import { plannedSampler, type SamplerPlan } from './sampler-plan.ts';
import { FileReport, Section } from './section.ts';

/** What a configuration file says, in our terms. */
export interface FilePlan {
  readonly file: string;
  /** What holds for the whole process, and for each provider. */
  readonly variables: FileVariables;
  /** A signal that the file does not mention has none. */
  readonly pipelines: Readonly<Record<Signal, readonly PlannedPipeline[]>>;
  readonly resourceAttributes: Readonly<Record<string, unknown>>;
  /** The names of the resource detectors that the file asks for. */
  readonly detectors: readonly string[];
  /** `undefined` for the default. */
  readonly sampler: SamplerPlan | undefined;
  readonly views: readonly PlannedView[];
  /** Each names a path. */
  readonly problems: readonly string[];
}

/** The levels of the schema are those of log records; each has four steps, of which only the first has a name here. */
const LOG_LEVELS: Readonly<Record<string, string>> = {
  trace: 'verbose',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'error',
};

/** @param model what the file contains, as the package `@opentelemetry/configuration` has checked it */
export function planOf(file: string, model: unknown): FilePlan {
  const report = new FileReport();
  const root = new Section('', model, report);
  const variables = new FileVariables();
  root.get('file_format');
  variables.take('OTEL_SDK_DISABLED', root, 'disabled');
  variables.take('OTEL_LOG_LEVEL', root, 'log_level', (level) => LOG_LEVELS[String(level).replace(/\d$/, '')]);
  takePropagators(root.under('propagator'), variables);
  const common = root.under('attribute_limits');
  if (common !== undefined) takeLimits(common, 'OTEL_', variables);

  const tracer = root.under('tracer_provider');
  const logger = root.under('logger_provider');
  const meter = root.under('meter_provider');
  takeSpanLimits(tracer?.under('limits'), variables);
  const logLimits = logger?.under('limits');
  if (logLimits !== undefined) takeLimits(logLimits, 'OTEL_LOGRECORD_', variables);
  const pipelines = {
    traces: (tracer?.list('processors') ?? []).flatMap((entry) => plannedProcessor(entry, 'traces') ?? []),
    logs: (logger?.list('processors') ?? []).flatMap((entry) => plannedProcessor(entry, 'logs') ?? []),
    metrics: (meter?.list('readers') ?? []).flatMap((entry) => plannedReader(entry, variables) ?? []),
  };
  for (const [signal, planned] of Object.entries(pipelines)) {
    const names = planned.map(({ exporter }) => exporter).join(',');
    variables.set(`OTEL_${signal.toUpperCase()}_EXPORTER`, names === '' ? 'none' : names, PROVIDERS[signal as Signal]);
  }
  const ours = root.under('distribution')?.under('spillway');
  if (ours !== undefined) variables.takeOurs(ours, 'SPILLWAY_');
  const resource = root.under('resource');
  const plan = {
    file,
    variables,
    pipelines,
    resourceAttributes: attributesOf(resource),
    detectors: detectorsOf(resource),
    sampler: plannedSampler(tracer?.under('sampler')),
    views: (meter?.list('views') ?? []).flatMap((view) => plannedView(view) ?? []),
  };
  const unread = report.unread.filter((path) => !WITHOUT_MEANING.has(path));
  const problems = unread.length === 0 ? report.problems : [...report.problems, `no effect: ${unread.join(', ')}`];
  return { ...plan, problems };
}

/** Where a signal is configured. */
export const PROVIDERS: Readonly<Record<Signal, string>> = {
  traces: 'tracer_provider.processors',
  logs: 'logger_provider.processors',
  metrics: 'meter_provider.readers',
};

/** The generator of the SDKs is the random one, which is the only one of the schema. */
const WITHOUT_MEANING: ReadonlySet<string> = new Set(['tracer_provider.id_generator']);

/**
 * The variables by which a process runs, with a file: ours, those of the file, and those of other software. By the
 * specification, a file replaces the other variables of OpenTelemetry.
 * https://github.com/open-telemetry/opentelemetry-specification/blob/v1.60.0/specification/configuration/sdk-environment-variables.md#declarative-configuration
 */
export function environmentOf(plan: FilePlan, process: Environment, pipeline?: PlannedPipeline): Environment {
  const others = Object.entries(process).filter(([name]) => !name.toUpperCase().startsWith('OTEL_'));
  return {
    ...Object.fromEntries(others),
    ...plan.variables.environment,
    ...pipeline?.variables.environment,
  };
}

function takePropagators(section: Section | undefined, variables: FileVariables): void {
  const named = (section?.list('composite') ?? []).flatMap((entry) => entry.component() ?? []);
  const listed = (section?.text('composite_list') ?? '').split(',').map((name) => name.trim());
  const known = named.filter(({ name, section: found }) => {
    const isKnown = (PROPAGATORS as readonly string[]).includes(name);
    if (!isKnown) found.isUnknown();
    return isKnown && name !== 'none';
  });
  const names = [...known.map(({ name }) => name), ...listed.filter((name) => name !== '' && name !== 'none')];
  variables.set('OTEL_PROPAGATORS', names.length === 0 ? 'none' : names.join(','), 'propagator');
}

function takeLimits(limits: Section, prefix: `OTEL_${string}`, variables: FileVariables): void {
  variables.take(`${prefix}ATTRIBUTE_VALUE_LENGTH_LIMIT`, limits, 'attribute_value_length_limit');
  variables.take(`${prefix}ATTRIBUTE_COUNT_LIMIT`, limits, 'attribute_count_limit');
}

function takeSpanLimits(limits: Section | undefined, variables: FileVariables): void {
  if (limits === undefined) return;
  takeLimits(limits, 'OTEL_SPAN_', variables);
  variables.take('OTEL_SPAN_EVENT_COUNT_LIMIT', limits, 'event_count_limit');
  variables.take('OTEL_SPAN_LINK_COUNT_LIMIT', limits, 'link_count_limit');
  variables.take('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', limits, 'event_attribute_count_limit');
  variables.take('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', limits, 'link_attribute_count_limit');
}

/** An attribute of `attributes` wins over one of the list. */
function attributesOf(resource: Section | undefined): Readonly<Record<string, unknown>> {
  if (resource === undefined) return {};
  const list = resource.text('attributes_list');
  const listed = list === undefined ? undefined : resourceAttributes.parse(list);
  if (listed?.problem !== undefined) resource.leaveOut('attributes_list', listed.problem);
  const named = resource.list('attributes').map((attribute) => {
    // The value has its type already.
    attribute.get('type');
    return [attribute.get('name'), attribute.get('value')];
  });
  return { ...listed?.value, ...Object.fromEntries(named.filter(([, value]) => value !== undefined)) };
}

function detectorsOf(resource: Section | undefined): readonly string[] {
  const detection = resource?.under('detection/development');
  const found = (detection?.list('detectors') ?? []).flatMap((entry) => entry.component() ?? []);
  return found.flatMap(({ name, section }) => {
    if (['host', 'process', 'service', 'container'].includes(name)) return [name];
    section.isUnknown();
    return [];
  });
}
