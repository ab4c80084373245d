import type { Signal } from '@spillway/config';
import type { Instrument } from './instrument.ts';

// Names, kinds, units and attributes are those of OpenTelemetry's semantic conventions 1.44.0, model/otel/metrics.yaml.
// A test compares them with that model.

const COMPONENT = ['otel.component.type', 'otel.component.name'];
const SERVER = [...COMPONENT, 'server.address', 'server.port'];

/** Exports take from a millisecond to, with retries in an outage, minutes. Seconds. */
export const DURATION_BOUNDARIES: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

interface Words {
  /** In the names of instruments. */
  readonly name: string;
  readonly unit: string;
  readonly items: string;
}

const WORDS: Readonly<Record<Signal, Words>> = {
  traces: { name: 'span', unit: '{span}', items: 'spans' },
  logs: { name: 'log', unit: '{log_record}', items: 'log records' },
  metrics: { name: 'metric_data_point', unit: '{data_point}', items: 'data points' },
};

/** Of a processor. */
export type ProcessorKey = 'queueSize' | 'queueCapacity' | 'processed';

export function processorInstruments(signal: Exclude<Signal, 'metrics'>): Readonly<Record<ProcessorKey, Instrument>> {
  const { name, unit, items } = WORDS[signal];
  return {
    queueSize: {
      name: `otel.sdk.processor.${name}.queue.size`,
      kind: 'updowncounter',
      unit,
      attributes: COMPONENT,
      meaning: `The number of ${items} that are queued and were never taken for an export.`,
      use: 'Above half of the capacity for minutes: the collector is slower than the application. A full queue loses items.',
    },
    queueCapacity: {
      name: `otel.sdk.processor.${name}.queue.capacity`,
      kind: 'updowncounter',
      unit,
      attributes: COMPONENT,
      meaning: `The most ${items} that the processor holds, those in flight included: \`maxQueueSize\`.`,
      use: 'The divisor of the size. The bound in bytes may be reached first: see `spillway.pipeline.utilization`.',
    },
    processed: {
      name: `otel.sdk.processor.${name}.processed`,
      kind: 'counter',
      unit,
      attributes: [...COMPONENT, 'error.type'],
      meaning: `The number of ${items} that were taken for an export for the first time or, with error.type, that were given up before that.`,
      use: 'With `error.type` `queue_full`: the queue overflows. Alert on any increase of it.',
    },
  };
}

/** Of an exporter. */
export type ExporterKey = 'inflight' | 'exported' | 'operationDuration';

export function exporterInstruments(signal: Signal): Readonly<Record<ExporterKey, Instrument>> {
  const { name, unit, items } = WORDS[signal];
  return {
    inflight: {
      name: `otel.sdk.exporter.${name}.inflight`,
      kind: 'updowncounter',
      unit,
      attributes: SERVER,
      meaning: `The number of ${items} that were taken for an export and have not settled: in flight, or waiting to be sent again.`,
      use: 'High while little is exported: exports hang, or are retried.',
    },
    exported: {
      name: `otel.sdk.exporter.${name}.exported`,
      kind: 'counter',
      unit,
      attributes: [...SERVER, 'error.type'],
      meaning: `The number of ${items} that were delivered or, with error.type, that were taken for an export and are lost.`,
      use: 'Alert on any increase with `error.type`: the collector rejects items. No increase without it, while items are in flight: nothing arrives.',
    },
    operationDuration: OPERATION_DURATION,
  };
}

const OPERATION_DURATION: Instrument = {
  name: 'otel.sdk.exporter.operation.duration',
  kind: 'histogram',
  unit: 's',
  attributes: [...SERVER, 'error.type', 'http.response.status_code', 'rpc.response.status_code'],
  meaning: 'The time from the first attempt to send the items of a batch to its final answer, retries included.',
  use: 'The 95th percentile is how late telemetry arrives at the collector.',
  boundaries: DURATION_BOUNDARIES,
};

/** Of a metric reader. */
export const COLLECTION_DURATION: Instrument = {
  name: 'otel.sdk.metric_reader.collection.duration',
  kind: 'histogram',
  unit: 's',
  attributes: [...COMPONENT, 'error.type'],
  meaning: 'The time that a collection of the metric reader took.',
  use: 'Near the export interval: callbacks of observable instruments are too slow.',
  boundaries: DURATION_BOUNDARIES,
};
