import { markdownTable } from '../bench/src/report/markdown-table.ts';
import {
  COLLECTION_DURATION,
  exporterInstruments,
  processorInstruments,
} from '../packages/pipeline/src/self-metrics/conventional-instruments.ts';
import type { Instrument } from '../packages/pipeline/src/self-metrics/instrument.ts';
import { PIPELINE_INSTRUMENTS, REQUEST_DURATION } from '../packages/pipeline/src/self-metrics/own-instruments.ts';

/** The same instrument for several signals. */
type Row = readonly [Instrument, ...Instrument[]];

const SECTIONS: Readonly<Record<string, readonly Row[]>> = {
  processor: rowsOf([processorInstruments('traces'), processorInstruments('logs')]),
  exporter: [
    ...rowsOf([exporterInstruments('traces'), exporterInstruments('logs'), exporterInstruments('metrics')]),
    [REQUEST_DURATION],
  ],
  reader: [[COLLECTION_DURATION]],
  pipeline: Object.values(PIPELINE_INSTRUMENTS).map((instrument): Row => [instrument]),
};

/** The generated sections of docs/self-metrics.md. */
export const SELF_METRIC_SECTIONS: readonly string[] = Object.keys(SECTIONS);

/** One row an instrument: its names, and what it is good for. */
export function selfMetricTable(section: string): string {
  const rows = (SECTIONS[section] ?? []).map(([first, ...others]) => [
    [first, ...others].map(({ name }) => `\`${name}\``).join('<br>'),
    first.kind,
    [...new Set([first, ...others].map(({ unit }) => unit))].join('<br>'),
    [first, ...others].map((instrument) => `\`${prometheusName(instrument)}\``).join('<br>'),
    first.attributes
      .filter((name) => !/^otel\.component|^server\./.test(name))
      .map((name) => `\`${name}\``)
      .join(', '),
    others.length > 0 ? first.meaning.replaceAll('spans', 'items') : first.meaning,
    first.use,
  ]);
  return markdownTable([
    ['instrument', 'kind', 'unit', 'in Prometheus', 'further attributes', 'meaning', 'what to do with it'],
    ['---', '---', '---', '---', '---', '---', '---'],
    ...rows,
  ]);
}

/** Every instrument of every signal, each once. */
export function selfMetrics(): readonly Instrument[] {
  const all = Object.values(SECTIONS).flat(2);
  return [...new Map(all.map((instrument) => [instrument.name, instrument])).values()];
}

const UNIT_WORD: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' };

/**
 * The name that the Collector's Prometheus exporter gives an instrument, by the rules of
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1. That of a
 * histogram is the common part of three.
 */
export function prometheusName({ name, kind, unit }: Instrument): string {
  const word = unit === '1' && kind === 'gauge' ? 'ratio' : UNIT_WORD[unit];
  const parts = [name.replaceAll('.', '_')];
  if (word !== undefined) parts.push(word);
  if (kind === 'counter') parts.push('total');
  return parts.join('_');
}

/** @param tables the instruments of each signal, by the same keys */
function rowsOf<Key extends string>(tables: readonly Readonly<Record<Key, Instrument>>[]): readonly Row[] {
  const [first] = tables;
  return (Object.keys(first ?? {}) as Key[]).map((key) => {
    const instruments = tables.map((table) => table[key]);
    return [...new Map(instruments.map((instrument) => [instrument.name, instrument])).values()] as unknown as Row;
  });
}
