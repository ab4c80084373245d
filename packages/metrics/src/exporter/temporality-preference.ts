import { TEMPORALITY_PREFERENCES, type TemporalityPreferenceName } from '@spillway/config';
import { AGGREGATION_TEMPORALITY } from '../metric-data.ts';

/**
 * Whether points count from the start of the process, or from the collection before. The numbers are those of
 * OpenTelemetry's `AggregationTemporalityPreference`.
 */
export type TemporalityPreference = TemporalityPreferenceName | 0 | 1 | 2;

/** By the numbers of `AggregationTemporalityPreference`. */
const NAMES_BY_NUMBER: readonly TemporalityPreferenceName[] = ['delta', 'cumulative', 'lowmemory'];

/**
 * The instruments (`InstrumentType`) whose points are deltas. OTLP exporter specification, "Metrics Exporter": an
 * up-down counter is always cumulative, because its sum means nothing without its beginning. The specification says
 * nothing of gauges, which have no temporality on the wire. With delta, the SDK reports only those that were recorded
 * since the last collection; that is what OpenTelemetry's own exporter asks for.
 */
const DELTA_INSTRUMENTS: Readonly<Record<TemporalityPreferenceName, ReadonlySet<string>>> = {
  cumulative: new Set(),
  delta: new Set(['COUNTER', 'OBSERVABLE_COUNTER', 'HISTOGRAM', 'GAUGE', 'OBSERVABLE_GAUGE']),
  lowmemory: new Set(['COUNTER', 'HISTOGRAM']),
};

/** @throws RangeError for a preference that is not one of them */
export function temporalityPreference(given: TemporalityPreference): TemporalityPreferenceName {
  const name = typeof given === 'number' ? NAMES_BY_NUMBER[given] : given;
  if (name === undefined || !TEMPORALITY_PREFERENCES.includes(name))
    throw new RangeError(`temporalityPreference must be one of ${TEMPORALITY_PREFERENCES.join(', ')}, got ${given}`);
  return name;
}

/** @param instrumentType `InstrumentType` of the SDKs */
export function temporalityOf(preference: TemporalityPreferenceName, instrumentType: string): number {
  const isDelta = DELTA_INSTRUMENTS[preference].has(instrumentType);
  return isDelta ? AGGREGATION_TEMPORALITY.DELTA : AGGREGATION_TEMPORALITY.CUMULATIVE;
}
