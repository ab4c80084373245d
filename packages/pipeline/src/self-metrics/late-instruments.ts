import type {
  Attributes,
  BatchObservableCallback,
  Histogram,
  Meter,
  MeterProvider,
  Observable,
} from '@opentelemetry/api';
import { now, weakReference } from '@spillway/backpressure';
import type { MeterSource } from '@spillway/otlp';
import type { Instrument } from './instrument.ts';

/** The name of the instrumentation scope. */
const SCOPE = '@spillway/pipeline';

/** Values are still observed for this long after the end, so that a last collection has the final ones. */
const AFTER_END_MILLIS = 60_000;

/** Reports one value of an instrument. */
export type Observe<Key> = (key: Key, value: number, attributes: Attributes) => void;

/** Has the values of observable instruments. */
export interface Observed<Key> {
  observe(observe: Observe<Key>): void;
}

/** Instruments that exist at a meter provider. */
interface Bound {
  readonly histograms: ReadonlyMap<string, Histogram>;
  remove(): void;
}

interface Life {
  endedAt: number | undefined;
}

/**
 * Instruments on a meter provider that may come late, be replaced, or fail. One callback reads all values when a
 * collection asks for them, so they cost nothing in between. The provider refers to their owner only weakly.
 */
export class LateInstruments<Key extends string> {
  readonly #table: Readonly<Record<Key, Instrument>>;
  readonly #source: MeterSource;
  /** Made here, so that no closure of this object reaches the provider. */
  readonly #owner: () => Observed<Key> | undefined;
  readonly #complain: (error: unknown) => void;
  readonly #life: Life = { endedAt: undefined };
  #found: MeterProvider | undefined;
  #bound: Bound | undefined;

  /**
   * @param owner must keep this object
   * @param complain is told if the provider fails. The instruments then do without it
   */
  constructor(
    table: Readonly<Record<Key, Instrument>>,
    source: MeterSource,
    owner: Observed<Key>,
    complain: (error: unknown) => void,
  ) {
    this.#table = table;
    this.#source = source;
    this.#owner = weakReference(owner);
    this.#complain = complain;
  }

  /** Looks for the provider, and creates the instruments if it is another one than before. Never throws. */
  refresh(): void {
    if (this.#life.endedAt !== undefined) return;
    try {
      const provider = this.#source();
      if (provider === this.#found) return;
      this.#found = provider;
      const before = this.#bound;
      this.#bound = provider === undefined ? undefined : bind(provider, this.#table, this.#owner, this.#life);
      before?.remove();
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Records a value of a histogram. Never throws. */
  record(key: Key, value: number, attributes: Attributes): void {
    try {
      this.#bound?.histograms.get(key)?.record(value, attributes);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** The values will not change any more. */
  end(): void {
    this.#life.endedAt ??= now();
  }
}

function bind<Key extends string>(
  provider: MeterProvider,
  table: Readonly<Record<Key, Instrument>>,
  owner: () => Observed<Key> | undefined,
  life: Life,
): Bound {
  const meter = provider.getMeter(SCOPE);
  const observables = new Map<string, Observable>();
  const histograms = new Map<string, Histogram>();
  for (const [key, instrument] of Object.entries<Instrument>(table)) {
    if (instrument.kind === 'histogram') histograms.set(key, histogramOf(meter, instrument));
    else observables.set(key, observableOf(meter, instrument));
  }
  const list = [...observables.values()];
  const remove = (): void => meter.removeBatchObservableCallback(callback, list);
  const callback: BatchObservableCallback = (result) => {
    const owned = owner();
    if (owned === undefined || (life.endedAt !== undefined && now() - life.endedAt > AFTER_END_MILLIS)) return remove();
    owned.observe((key, value, attributes) => result.observe(observables.get(key) as Observable, value, attributes));
  };
  if (list.length > 0) meter.addBatchObservableCallback(callback, list);
  return { histograms, remove };
}

function histogramOf(meter: Meter, { name, unit, meaning, boundaries }: Instrument): Histogram {
  return meter.createHistogram(name, {
    unit,
    description: meaning,
    ...(boundaries !== undefined && { advice: { explicitBucketBoundaries: [...boundaries] } }),
  });
}

function observableOf(meter: Meter, { name, kind, unit, meaning }: Instrument): Observable {
  const options = { unit, description: meaning };
  if (kind === 'counter') return meter.createObservableCounter(name, options);
  return kind === 'gauge'
    ? meter.createObservableGauge(name, options)
    : meter.createObservableUpDownCounter(name, options);
}
