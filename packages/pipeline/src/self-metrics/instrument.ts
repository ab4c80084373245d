/** One instrument of the self-metrics: what a meter needs to create it, and what the reference says about it. */
export interface Instrument {
  readonly name: string;
  readonly kind: 'counter' | 'updowncounter' | 'gauge' | 'histogram';
  /** UCUM, with a noun in braces for what is counted. */
  readonly unit: string;
  /** Every attribute that a value may have. */
  readonly attributes: readonly string[];
  /** The description of the instrument: a sentence. */
  readonly meaning: string;
  /** What to do with it: the alert that it is good for, for the reference. */
  readonly use: string;
  /** Boundaries of the buckets of a histogram, in its unit. */
  readonly boundaries?: readonly number[];
}
