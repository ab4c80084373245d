import type { MetricExporterName, ProcessorSignal, Signal } from '@spillway/config';
import { exporterOf } from './exporters.ts';
import { FileVariables } from './file-variables.ts';
import type { Section } from './section.ts';

/** A processor or reader of a file, which becomes one of our pipelines. */
export interface PlannedPipeline {
  /** Where it stands in the file. */
  readonly path: string;
  readonly exporter: MetricExporterName;
  /** Its own variables. */
  readonly variables: FileVariables;
}

/** The specification's prefix of the variables of a processor. */
const PREFIX: Readonly<Record<ProcessorSignal, string>> = { traces: 'OTEL_BSP', logs: 'OTEL_BLRP' };

/** A span or log record processor. @returns `undefined` if it is left out */
export function plannedProcessor(entry: Section, signal: ProcessorSignal): PlannedPipeline | undefined {
  const found = entry.component();
  if (found === undefined) return undefined;
  const { name, section } = found;
  if (name !== 'batch' && name !== 'simple' && name !== 'spillway') {
    section.isUnknown();
    return undefined;
  }
  const variables = new FileVariables();
  const prefix = PREFIX[signal];
  if (name === 'simple') {
    // It sends each item at once. Ours gathers what is made while a request is in flight.
    variables.set(`${prefix}_SCHEDULE_DELAY`, '0', section.path);
  } else {
    variables.take(`${prefix}_SCHEDULE_DELAY`, section, 'schedule_delay');
    variables.take(`${prefix}_EXPORT_TIMEOUT`, section, 'export_timeout');
    variables.take(`${prefix}_MAX_QUEUE_SIZE`, section, 'max_queue_size');
    variables.take(`${prefix}_MAX_EXPORT_BATCH_SIZE`, section, 'max_export_batch_size');
  }
  if (name === 'spillway')
    variables.takeOurs(section, `SPILLWAY_${signal.toUpperCase() as Uppercase<ProcessorSignal>}_`);
  return planned(entry, section, signal, variables);
}

/** A metric reader. @returns `undefined` if it is left out */
export function plannedReader(entry: Section, process: FileVariables): PlannedPipeline | undefined {
  const found = entry.component();
  if (found === undefined) return undefined;
  const { name, section } = found;
  if (name === 'pull') return plannedPrometheus(entry, section, process);
  if (name !== 'periodic') {
    section.isUnknown();
    return undefined;
  }
  const variables = new FileVariables();
  variables.take('OTEL_METRIC_EXPORT_INTERVAL', section, 'interval');
  variables.take('OTEL_METRIC_EXPORT_TIMEOUT', section, 'timeout');
  return planned(entry, section, 'metrics', variables);
}

function planned(
  entry: Section,
  section: Section,
  signal: Signal,
  variables: FileVariables,
): PlannedPipeline | undefined {
  const exporter = exporterOf(section, signal, variables);
  return exporter === undefined ? undefined : { path: entry.path, exporter, variables };
}

/** There is one Prometheus in a process, so its variables are those of the process. */
function plannedPrometheus(entry: Section, reader: Section, process: FileVariables): PlannedPipeline | undefined {
  const exporter = reader.under('exporter')?.component();
  if (exporter === undefined) return undefined;
  const { name, section } = exporter;
  if (name !== 'prometheus/development') {
    section.isUnknown();
    return undefined;
  }
  process.take('OTEL_EXPORTER_PROMETHEUS_HOST', section, 'host');
  process.take('OTEL_EXPORTER_PROMETHEUS_PORT', section, 'port');
  return { path: entry.path, exporter: 'prometheus', variables: new FileVariables() };
}
