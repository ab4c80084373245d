import type { Fault } from '@spillway/test/collector';

export type PhaseName = 'normal' | 'slow' | 'out' | 'recovered' | 'load' | 'shutdown';

/** A part of the demo. */
export interface Phase {
  readonly name: PhaseName;
  /** What happens in the phase, as shown to the user. */
  readonly story: string;
  readonly millis: number;
  /** The faults of the collectors, one after the other, each for an equal part of the phase. */
  readonly faults: readonly (Fault | undefined)[];
}

interface Part {
  readonly name: PhaseName;
  readonly story: string;
  /** The share of the load's duration. */
  readonly share: number;
  readonly faults: readonly (Fault | undefined)[];
}

const EMBEDDED: readonly Part[] = [
  { name: 'normal', story: 'the collector answers immediately', share: 0.2, faults: [undefined] },
  { name: 'slow', story: 'the collector answers after 1 s', share: 0.24, faults: [{ kind: 'latency', millis: 1_000 }] },
  {
    name: 'out',
    story: 'the collector answers 503, then drops the connections',
    share: 0.24,
    faults: [{ kind: 'status', code: 503 }, { kind: 'reset' }],
  },
  { name: 'recovered', story: 'the collector answers immediately again', share: 0.32, faults: [undefined] },
];

const REAL: readonly Part[] = [{ name: 'load', story: 'your own collector', share: 1, faults: [] }];

/** The phase after the load. It lasts as long as the pipelines need, so it has no length. */
export const SHUTDOWN: Phase = {
  name: 'shutdown',
  story: 'the services are told to end, and ship what they hold',
  millis: 0,
  faults: [],
};

/** The phases of a load of that length, without {@link SHUTDOWN}. */
export function phasesOf(seconds: number, collector: 'embedded' | 'real'): readonly Phase[] {
  const parts = collector === 'embedded' ? EMBEDDED : REAL;
  return parts.map(({ share, ...phase }) => ({ ...phase, millis: share * seconds * 1_000 }));
}
