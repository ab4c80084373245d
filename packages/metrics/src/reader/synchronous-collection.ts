import { wallTime } from '@spillway/backpressure';
import { type HrTimeLike, hrTimeOf, type InstrumentationScopeLike, type ResourceLike } from '@spillway/otlp/encoding';
import type { MetricDataLike, ResourceMetricsLike, ScopeMetricsLike } from '../metric-data.ts';

/** The inside of the SDK's `MetricCollector`, the same in 2.x and 3.x. Nothing of it is promised by the SDK. */
interface CollectorInside {
  readonly _sharedState?: {
    readonly resource?: ResourceLike;
    readonly meterSharedStates?: ReadonlyMap<string, MeterInside>;
  };
}

interface MeterInside {
  readonly _instrumentationScope?: InstrumentationScopeLike;
  readonly metricStorageRegistry?: {
    getStorages?(collector: object): readonly StorageInside[];
  };
}

interface StorageInside {
  collect?(collector: object, collectionTime: HrTimeLike): MetricDataLike | undefined;
}

/**
 * Collects without waiting, for a process that ends and cannot await anything. The SDK's own `collect` is asynchronous
 * only because the callbacks of observable instruments may be. They are not called here: such an instrument has the
 * values of its last collection, or none with delta temporality.
 *
 * It reads private fields of the SDK, and checks each of them before it takes anything out of an instrument.
 * @throws TypeError if the SDK has changed
 */
export function collectSynchronously(producer: object): ResourceMetricsLike {
  const { _sharedState: shared } = producer as CollectorInside;
  const { resource, meterSharedStates } = known(shared, '_sharedState');
  const meters = [...known(meterSharedStates, 'meterSharedStates').values()].map((meter) => {
    const { _instrumentationScope: scope } = meter;
    return { scope: known(scope, '_instrumentationScope'), storages: storagesOf(meter, producer) };
  });
  const time = hrTimeOf(wallTime());
  return {
    resource: known(resource, 'resource'),
    scopeMetrics: meters.map(({ scope, storages }): ScopeMetricsLike => ({
      scope,
      metrics: storages.map((collect) => collect(time)).filter((metric) => metric !== undefined),
    })),
  };
}

function storagesOf(
  { metricStorageRegistry: registry }: MeterInside,
  producer: object,
): ((time: HrTimeLike) => MetricDataLike | undefined)[] {
  const storages = known(known(registry, 'metricStorageRegistry').getStorages?.(producer), 'getStorages');
  return storages.map((storage) => {
    if (typeof storage.collect !== 'function') throw new TypeError('the storages of the SDK have no collect any more');
    return (time) => {
      try {
        return storage.collect?.(producer, time) ?? undefined;
      } catch {
        // The other instruments have been read, or will be: their values must not be lost for this one.
        return undefined;
      }
    };
  });
}

function known<T>(part: T | undefined, name: string): T {
  if (part === undefined || part === null) throw new TypeError(`the SDK has no ${name} any more`);
  return part;
}
