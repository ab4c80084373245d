import { DEFAULT_RETRY, type ResolvedRetryOptions, type RetryOptions } from './backoff.ts';
import {
  type BackpressureConfig,
  type BackpressureControllerConfig,
  type ControllerOptions,
  DEFAULT_BACKPRESSURE_CONFIG,
} from './backpressure-config.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import {
  type CircuitBreakerOptions,
  DEFAULT_CIRCUIT_BREAKER,
  type ResolvedCircuitBreakerOptions,
} from './circuit-breaker.ts';
import { Destination } from './destination.ts';
import { Observers, type PipelineObserver } from './observers.ts';
import { above0, finiteFrom0, finiteFrom1, from0, notAbove, share, wholeFrom1 } from './option-checks.ts';
import type { PressureSource } from './pressure-source.ts';

/** Every option, resolved and checked. */
export type ResolvedConfig<Item, Batch> = Required<BackpressureConfig> &
  Required<
    Pick<
      ControllerOptions<Item, Batch>,
      | 'maxBufferBytes'
      | 'maxBatchSize'
      | 'gatheredBatchSize'
      | 'batchBytes'
      | 'maxBatchBytes'
      | 'maxItemBytes'
      | 'flushTimeoutMs'
      | 'maxConcurrentFlushes'
      | 'maxAgeMs'
      | 'pressure'
      | 'drainTimeoutMs'
    >
  > &
  Pick<
    ControllerOptions<Item, Batch>,
    'sizeOf' | 'priorityOf' | 'isSampled' | 'buffer' | 'memoryBudget' | 'overflow'
  > & {
    readonly retry: ResolvedRetryOptions;
    readonly circuitBreaker: ResolvedCircuitBreakerOptions;
    readonly destination: Destination;
    /** Includes the three callbacks, as the first observer. */
    readonly observers: Observers;
  };

/**
 * Fills in defaults and checks the whole. A default adapts to given values. Two given values that contradict each other
 * are an error.
 * @throws RangeError, or TypeError for a value of the wrong type, that names the field and the value
 */
export function resolveConfig<Item, Batch>(
  config: BackpressureControllerConfig<Item, Batch>,
): ResolvedConfig<Item, Batch> {
  const defaults = DEFAULT_BACKPRESSURE_CONFIG;
  const batchSizeGiven = given(wholeFrom1, 'batchSize', config.batchSize);
  const maxBatchSizeGiven = given(wholeFrom1, 'maxBatchSize', config.maxBatchSize);
  const maxBufferSize =
    given(wholeFrom1, 'maxBufferSize', config.maxBufferSize) ?? Math.max(defaults.maxBufferSize, batchSizeGiven ?? 0);
  const batchSize = batchSizeGiven ?? Math.min(defaults.batchSize, maxBufferSize, maxBatchSizeGiven ?? Infinity);
  notAbove('batchSize', batchSize, 'maxBufferSize', maxBufferSize);
  const maxBatchSize = maxBatchSizeGiven ?? batchSize;
  notAbove('batchSize', batchSize, 'maxBatchSize', maxBatchSize);
  const gatheredBatchSize = given(wholeFrom1, 'gatheredBatchSize', config.gatheredBatchSize) ?? maxBatchSize;
  notAbove('maxBatchSize', maxBatchSize, 'gatheredBatchSize', gatheredBatchSize);

  const batchBytesGiven = given(above0, 'batchBytes', config.batchBytes);
  const maxBatchBytes = above0('maxBatchBytes', config.maxBatchBytes ?? Infinity);
  const batchBytes = batchBytesGiven ?? maxBatchBytes;
  notAbove('batchBytes', batchBytes, 'maxBatchBytes', maxBatchBytes);

  const [lowWatermark, highWatermark] = ordered(share, config, 'lowWatermark', 'highWatermark', defaults);
  const [minFlushIntervalMs, maxFlushIntervalMs] = ordered(
    finiteFrom0,
    config,
    'minFlushIntervalMs',
    'maxFlushIntervalMs',
    defaults,
  );

  const resolved: ResolvedConfig<Item, Batch> = {
    ...pick(config),
    maxBufferSize,
    batchSize,
    maxBatchSize,
    gatheredBatchSize,
    highWatermark,
    lowWatermark,
    minFlushIntervalMs,
    maxFlushIntervalMs,
    strategy: strategyOf(config.strategy ?? defaults.strategy),
    sampleRate: wholeFrom1('sampleRate', config.sampleRate ?? defaults.sampleRate),
    maxBlockTimeMs: from0('maxBlockTimeMs', config.maxBlockTimeMs ?? defaults.maxBlockTimeMs),
    targetLatencyMs: above0('targetLatencyMs', config.targetLatencyMs ?? defaults.targetLatencyMs),
    maxBufferBytes: above0('maxBufferBytes', config.maxBufferBytes ?? Infinity),
    batchBytes,
    maxBatchBytes,
    maxItemBytes: above0('maxItemBytes', config.maxItemBytes ?? Infinity),
    flushTimeoutMs: above0('flushTimeoutMs', config.flushTimeoutMs ?? 30_000),
    maxConcurrentFlushes: wholeFrom1('maxConcurrentFlushes', config.maxConcurrentFlushes ?? 1),
    maxAgeMs: above0('maxAgeMs', config.maxAgeMs ?? Infinity),
    drainTimeoutMs: from0('drainTimeoutMs', config.drainTimeoutMs ?? 10_000),
    pressure: pressureOf(config.pressure ?? []),
    retry: resolveRetry(object('retry', config.retry ?? {})),
    circuitBreaker: resolveCircuitBreaker(object('circuitBreaker', config.circuitBreaker ?? {})),
    destination: object('destination', config.destination ?? new Destination()),
    observers: observersOf(config),
  };
  bytesAreCounted(resolved);
  return resolved;
}

/** A bound on bytes that are not counted would look like protection, but give none. */
function bytesAreCounted<Item, Batch>(config: ResolvedConfig<Item, Batch>): void {
  if (config.sizeOf !== undefined || config.buffer !== undefined) return;
  const bounds = [
    ['maxBufferBytes', config.maxBufferBytes !== Infinity],
    ['maxBatchBytes', config.maxBatchBytes !== Infinity],
    ['batchBytes', config.batchBytes !== Infinity],
    ['maxItemBytes', config.maxItemBytes !== Infinity],
    ['memoryBudget', config.memoryBudget !== undefined],
  ] as const;
  for (const [name, isGiven] of bounds) {
    if (isGiven)
      throw new TypeError(`${name} needs sizeOf, or a buffer that counts bytes: without either, items have no size`);
  }
}

function resolveRetry(retry: RetryOptions): ResolvedRetryOptions {
  const [initialBackoffMs, maxBackoffMs] = ordered(
    finiteFrom0,
    retry,
    'initialBackoffMs',
    'maxBackoffMs',
    DEFAULT_RETRY,
    'retry.',
  );
  const multiplier = finiteFrom1('retry.multiplier', retry.multiplier ?? DEFAULT_RETRY.multiplier);
  const earlyMaxBackoffMs = retry.maxBackoffMs ?? Math.max(initialBackoffMs, DEFAULT_RETRY.earlyMaxBackoffMs);
  return { initialBackoffMs, earlyMaxBackoffMs, maxBackoffMs, multiplier };
}

function resolveCircuitBreaker(options: CircuitBreakerOptions): ResolvedCircuitBreakerOptions {
  const failureThreshold = options.failureThreshold ?? DEFAULT_CIRCUIT_BREAKER.failureThreshold;
  return {
    failureThreshold:
      failureThreshold === Infinity ? Infinity : wholeFrom1('circuitBreaker.failureThreshold', failureThreshold),
  };
}

const FUNCTIONS = ['sizeOf', 'priorityOf', 'isSampled'] as const;
const OBJECTS = ['buffer', 'memoryBudget', 'overflow'] as const;
const CALLBACKS = ['onStateChange', 'onDrop', 'onFlush'] as const;

function observersOf<Item, Batch>(config: ControllerOptions<Item, Batch>): Observers {
  for (const name of CALLBACKS) optionalFunction(name, config[name]);
  const { onStateChange, onDrop, onFlush, observers = [] } = config;
  if (!Array.isArray(observers)) throw new TypeError(`observers must be an array, got ${typeof observers}`);
  const callbacks = Object.fromEntries(
    Object.entries({ onStateChange, onDrop, onFlush }).filter(([, callback]) => callback !== undefined),
  );
  const last: readonly PipelineObserver[] = Object.keys(callbacks).length > 0 ? [callbacks] : [];
  // Callbacks come last: they may push, and the changes that follow must reach the observers after this one.
  return new Observers([...observers.map((observer) => object('observers', observer)), ...last]);
}

function optionalFunction(name: string, value: ((...args: never[]) => unknown) | undefined): void {
  if (value !== undefined && typeof value !== 'function')
    throw new TypeError(`${name} must be a function, got ${String(value)}`);
}

/** The options that are taken over unchanged, without those that were not given. */
function pick<Item, Batch>(
  config: ControllerOptions<Item, Batch>,
): Pick<ControllerOptions<Item, Batch>, (typeof FUNCTIONS)[number] | (typeof OBJECTS)[number]> {
  for (const name of FUNCTIONS) optionalFunction(name, config[name]);
  for (const name of OBJECTS) if (config[name] !== undefined) object(name, config[name]);
  const names = [...FUNCTIONS, ...OBJECTS] as const;
  return Object.fromEntries(names.filter((name) => config[name] !== undefined).map((name) => [name, config[name]]));
}

function pressureOf(sources: readonly PressureSource[]): readonly PressureSource[] {
  if (!Array.isArray(sources)) throw new TypeError(`pressure must be an array, got ${typeof sources}`);
  for (const source of sources) {
    if (typeof object('pressure', source).utilization !== 'function')
      throw new TypeError('pressure must be an array of sources with a function utilization');
    if (source.memory !== undefined)
      above0('limitBytes of a pressure source', object('memory of a pressure source', source.memory).limitBytes);
  }
  return sources;
}

function object<T>(field: string, value: T): T {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${field} must be an object, got ${typeof value} ${String(value)}`);
  return value;
}

function strategyOf(value: unknown): BackpressureStrategy {
  const known = Object.values(BackpressureStrategy);
  const strategy = known.find((name) => name === value);
  if (strategy === undefined) throw new RangeError(`strategy must be one of ${known.join(', ')}, got ${String(value)}`);
  return strategy;
}

type Check = (field: string, value: number) => number;

function given(check: Check, field: string, value: number | undefined): number | undefined {
  return (value ?? undefined) === undefined ? undefined : check(field, value as number);
}

/** Two fields, the first of which must not exceed the second. A default adapts to the given value of the other one. */
function ordered<Low extends string, High extends string>(
  check: Check,
  values: { readonly [Field in Low | High]?: number | undefined },
  lowField: Low,
  highField: High,
  defaults: Readonly<Record<Low | High, number>>,
  prefix = '',
): [low: number, high: number] {
  const lowGiven = given(check, prefix + lowField, values[lowField]);
  const highGiven = given(check, prefix + highField, values[highField]);
  const low = lowGiven ?? Math.min(defaults[lowField], highGiven ?? Infinity);
  const high = highGiven ?? Math.max(defaults[highField], low);
  notAbove(prefix + lowField, low, prefix + highField, high);
  return [low, high];
}
