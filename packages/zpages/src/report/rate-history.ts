import type { RateSet, Rates } from './report.ts';

/** Each step of a sparkline. */
const STEP_MS = 5_000;
/** Five minutes. */
const STEPS = 60;
/** The rates of the moment are means over this time. */
const NOW_MS = 5_000;
/** If two samples are further apart, what was between them is not known. Samples normally come every 5 s. */
const GAP_MS = 12_000;

/** Counters at one moment. */
export interface Sample {
  readonly time: number;
  readonly offered: number;
  readonly delivered: number;
  readonly lost: number;
  readonly utilization: number;
}

type Counter = 'offered' | 'delivered' | 'lost';

/** The samples of one pipeline over five minutes. */
export class RateHistory {
  #samples: Sample[] = [];

  get sampleCount(): number {
    return this.#samples.length;
  }

  add(sample: Sample): void {
    const oldest = sample.time - (STEPS + 1) * STEP_MS - GAP_MS;
    if (this.#samples[0] !== undefined && this.#samples[0].time < oldest)
      this.#samples = this.#samples.filter(({ time }) => time >= oldest);
    this.#samples.push(sample);
  }

  /** The rates until now. Steps begin at multiples of their length, so that a step does not change once it is over. */
  rates(time: number): Rates {
    const thisStep = Math.floor(time / STEP_MS) * STEP_MS;
    const starts = Array.from({ length: STEPS }, (_, index) => thisStep - (STEPS - 1 - index) * STEP_MS);
    const history = (counter: Counter) => starts.map((start) => this.#rate(counter, start, start + STEP_MS));
    const last = this.#samples.at(-1);
    const now = (counter: Counter): number | null =>
      last === undefined || time - last.time > GAP_MS ? null : this.#rate(counter, last.time - NOW_MS, last.time);
    return {
      now: { in: now('offered'), out: now('delivered'), lost: now('lost'), utilization: last?.utilization ?? null },
      history: {
        in: history('offered'),
        out: history('delivered'),
        lost: history('lost'),
        utilization: starts.map((start) => this.#utilizationIn(start, start + STEP_MS)),
      } satisfies RateSet<readonly (number | null)[]>,
      stepMs: STEP_MS,
    };
  }

  /** The mean between two moments, or between those of the samples that are within. */
  #rate(counter: Counter, from: number, to: number): number | null {
    const start = this.#valueAt(counter, Math.max(from, this.#samples[0]?.time ?? Infinity));
    const end = this.#valueAt(counter, Math.min(to, this.#samples.at(-1)?.time ?? -Infinity));
    if (start === undefined || end === undefined || end.time <= start.time) return null;
    return ((end.value - start.value) * 1_000) / (end.time - start.time);
  }

  /** Counters grow evenly between two samples, as far as is known. */
  #valueAt(counter: Counter, time: number): { readonly time: number; readonly value: number } | undefined {
    const next = this.#indexFrom(time);
    const after = this.#samples[next];
    if (after === undefined) return undefined;
    const before = this.#samples[next - 1];
    if (after.time === time || before === undefined) return { time: after.time, value: after[counter] };
    if (after.time - before.time > GAP_MS) return undefined;
    const share = (time - before.time) / (after.time - before.time);
    return { time, value: before[counter] + (after[counter] - before[counter]) * share };
  }

  #utilizationIn(from: number, to: number): number | null {
    let worst: number | null = null;
    for (let index = this.#indexFrom(from); index < this.#samples.length; index += 1) {
      const { time, utilization } = this.#samples[index] as Sample;
      if (time >= to) break;
      worst = Math.max(worst ?? 0, utilization);
    }
    return worst;
  }

  /** The first sample at or after that time; the number of samples if there is none. */
  #indexFrom(time: number): number {
    let low = 0;
    let high = this.#samples.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#samples[middle] as Sample).time < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
