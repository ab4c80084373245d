import { LONGEST_DELAY_MS, startTimer, type Timer } from '@spillway/backpressure';
import type { ResourceMetricsLike } from '../metric-data.ts';
import type { CollectionResultLike, MetricProducerLike } from './metric-producer.ts';
import { collectSynchronously } from './synchronous-collection.ts';

/** Where a reader collects: the SDK, and the application's own producers. */
export class MetricSources {
  readonly #others: readonly MetricProducerLike[];
  #sdk: MetricProducerLike | undefined;

  /** @param others whose metrics are added to those of the SDK, with its resource */
  constructor(others: readonly MetricProducerLike[]) {
    this.#others = others;
  }

  /** Whether everything can be collected synchronously. */
  get isSdkAlone(): boolean {
    return this.#others.length === 0;
  }

  get isBound(): boolean {
    return this.#sdk !== undefined;
  }

  /** @throws Error if the reader is registered twice: a collection of one provider would take what another one needs */
  bind(producer: MetricProducerLike): void {
    if (this.#sdk !== undefined) throw new Error('a metric reader can be registered with one MeterProvider only');
    this.#sdk = producer;
  }

  /**
   * @param timeoutMillis for each callback of the SDK, and for each producer. One that takes longer is left out
   * @throws (rejects) if the SDK is missing or fails
   */
  async collect(timeoutMillis: number): Promise<CollectionResultLike> {
    if (this.#sdk === undefined) throw new Error('the metric reader is not registered with a MeterProvider');
    // The SDK passes it on to `setTimeout` unchecked.
    const options = { timeoutMillis: Math.min(timeoutMillis, LONGEST_DELAY_MS) };
    const [own, ...others] = await Promise.all([
      this.#sdk.collect(options),
      ...this.#others.map((producer) => collectFrom(producer, options)),
    ]);
    if (others.length === 0) return own;
    const { resource, scopeMetrics } = own.resourceMetrics;
    return {
      resourceMetrics: {
        resource,
        scopeMetrics: [
          ...scopeMetrics,
          ...others.flatMap(({ resourceMetrics }) => resourceMetrics?.scopeMetrics ?? []),
        ],
      },
      errors: [...own.errors, ...others.flatMap(({ errors }) => errors)],
    };
  }

  /**
   * Reads the SDK's instruments without their callbacks, and without the other producers.
   * @throws TypeError if the SDK does not allow that
   */
  collectNow(): ResourceMetricsLike | undefined {
    return this.#sdk === undefined ? undefined : collectSynchronously(this.#sdk);
  }
}

interface PartialResult {
  readonly resourceMetrics?: ResourceMetricsLike;
  readonly errors: readonly unknown[];
}

/** A producer that fails, or takes too long, costs only its own metrics. */
async function collectFrom(producer: MetricProducerLike, options: { timeoutMillis: number }): Promise<PartialResult> {
  let timer: Timer | undefined;
  const { timeoutMillis } = options;
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(
      () => reject(new Error(`a metric producer took longer than ${timeoutMillis} ms`)),
      timeoutMillis,
    );
  });
  try {
    const { resourceMetrics, errors } = await Promise.race([producer.collect(options), late]);
    return { resourceMetrics, errors: errors ?? [] };
  } catch (error) {
    return { errors: [error] };
  } finally {
    timer?.cancel();
  }
}
