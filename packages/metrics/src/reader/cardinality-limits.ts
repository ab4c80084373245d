import { wholeFrom1 } from '@spillway/backpressure';

/** Most series of one instrument, as `PeriodicExportingMetricReader` takes them. */
export interface CardinalityLimits {
  /** For the types without a limit of their own. Default 2 000. */
  readonly default?: number | undefined;
  readonly counter?: number | undefined;
  readonly gauge?: number | undefined;
  readonly histogram?: number | undefined;
  readonly upDownCounter?: number | undefined;
  readonly observableCounter?: number | undefined;
  readonly observableGauge?: number | undefined;
  readonly observableUpDownCounter?: number | undefined;
}

/** OpenTelemetry SDK specification, "Cardinality limits". */
const DEFAULT_LIMIT = 2_000;

/** By `InstrumentType` of the SDKs. */
const NAMES: Readonly<Record<string, keyof CardinalityLimits>> = {
  COUNTER: 'counter',
  GAUGE: 'gauge',
  HISTOGRAM: 'histogram',
  UP_DOWN_COUNTER: 'upDownCounter',
  OBSERVABLE_COUNTER: 'observableCounter',
  OBSERVABLE_GAUGE: 'observableGauge',
  OBSERVABLE_UP_DOWN_COUNTER: 'observableUpDownCounter',
};

/** @throws RangeError or TypeError for a limit that is not a whole number from 1 */
export function checkCardinalityLimits(limits: CardinalityLimits): void {
  for (const name of ['default', ...Object.values(NAMES)] as const) {
    const limit = limits[name];
    if (limit !== undefined) wholeFrom1(`cardinalityLimits.${name}`, limit);
  }
}

export function cardinalityLimitOf(limits: CardinalityLimits, instrumentType: string): number {
  const name = NAMES[instrumentType];
  return (name && limits[name]) ?? limits.default ?? DEFAULT_LIMIT;
}
