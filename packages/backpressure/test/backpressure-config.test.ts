import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../src/resolved-config.ts';
import {
  BackpressureController,
  type BackpressureControllerConfig,
  DEFAULT_BACKPRESSURE_CONFIG,
  MemoryBudget,
  ObjectBuffer,
} from '../src/index.ts';
import { delivered } from './held-consumer.ts';

const create = (config: unknown): unknown =>
  new BackpressureController<number>(async () => delivered, config as BackpressureControllerConfig<number>);

const NUMBERS: Record<string, { valid: number[]; invalid: number[] }> = {
  maxBufferSize: { valid: [1, 7, 1_000_000], invalid: [0, -1, 1.5, Infinity] },
  batchSize: { valid: [1, 5_000], invalid: [0, -1, 1.5, Infinity] },
  maxBatchSize: { valid: [1, 100, 20_000], invalid: [0, -1, 1.5, Infinity] },
  gatheredBatchSize: { valid: [100, 20_000], invalid: [0, -1, 1.5, Infinity] },
  highWatermark: { valid: [0, 0.3, 1], invalid: [-0.01, 1.01, Infinity] },
  lowWatermark: { valid: [0, 0.9, 1], invalid: [-0.01, 1.01, Infinity] },
  sampleRate: { valid: [1, 1_000], invalid: [0, -1, 2.5, Infinity] },
  maxBlockTimeMs: { valid: [0, 1, Infinity], invalid: [-1] },
  minFlushIntervalMs: { valid: [0, 60_000], invalid: [-1, Infinity] },
  maxFlushIntervalMs: { valid: [0, 50], invalid: [-1, Infinity] },
  targetLatencyMs: { valid: [0.1, Infinity], invalid: [0, -1] },
  maxBufferBytes: { valid: [1, Infinity], invalid: [0, -1] },
  batchBytes: { valid: [1, Infinity], invalid: [0, -1] },
  maxBatchBytes: { valid: [1, Infinity], invalid: [0, -1] },
  flushTimeoutMs: { valid: [1, Infinity], invalid: [0, -1] },
  maxConcurrentFlushes: { valid: [1, 16], invalid: [0, -1, 1.5, Infinity] },
  maxAgeMs: { valid: [1, Infinity], invalid: [0, -1] },
  drainTimeoutMs: { valid: [0, Infinity], invalid: [-1] },
  'retry.initialBackoffMs': { valid: [0, 10_000], invalid: [-1, Infinity] },
  'retry.maxBackoffMs': { valid: [0, 10], invalid: [-1, Infinity] },
  'retry.multiplier': { valid: [1, 3], invalid: [0.5, -1, Infinity] },
  'circuitBreaker.failureThreshold': { valid: [1, Infinity], invalid: [0, -1, 1.5] },
};

/** { a: { b: value } } for 'a.b'. */
const configOf = (field: string, value: unknown): unknown =>
  field.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);

describe('the configuration of a controller', () => {
  it('may be left out, and then has the values of the published contract', () => {
    expect(resolveConfig({})).toMatchObject(DEFAULT_BACKPRESSURE_CONFIG);
    expect(DEFAULT_BACKPRESSURE_CONFIG).toEqual({
      maxBufferSize: 10_000,
      highWatermark: 0.8,
      lowWatermark: 0.5,
      strategy: 'drop_oldest',
      sampleRate: 10,
      maxBlockTimeMs: 5_000,
      batchSize: 100,
      minFlushIntervalMs: 100,
      maxFlushIntervalMs: 30_000,
      targetLatencyMs: 500,
    });
    expect(resolveConfig({})).toMatchObject({
      flushTimeoutMs: 30_000,
      maxConcurrentFlushes: 1,
      maxBatchSize: 100,
      gatheredBatchSize: 100,
      maxAgeMs: Infinity,
      drainTimeoutMs: 10_000,
    });
    expect(create(undefined)).toBeDefined();
  });

  it.each([
    { maxBufferBytes: 100 },
    { batchBytes: 100 },
    { maxBatchBytes: 100 },
    { memoryBudget: new MemoryBudget(100) },
  ])('refuses %o if bytes are not counted', (config) => {
    expect(() => create(config)).toThrow(`${Object.keys(config)[0]} needs sizeOf`);
    expect(create({ ...config, sizeOf: () => 1 })).toBeDefined();
  });

  describe.each(Object.entries(NUMBERS))('%s', (field, { valid, invalid }) => {
    it.each(valid)('may be %s', (value) => {
      expect(create({ sizeOf: () => 1, ...(configOf(field, value) as object) })).toBeDefined();
    });

    it.each([...invalid, Number.NaN])('must not be %s', (value) => {
      expect(() => create(configOf(field, value))).toThrow(RangeError);
      expect(() => create(configOf(field, value))).toThrow(new RegExp(`^${field} must be .*, got ${value}$`));
    });

    it.each([
      ['string 5', '5'],
      ['bigint 5', 5n],
      ['boolean true', true],
      ['object [object Object]', {}],
    ])('must not be the %s', (described, value) => {
      expect(() => create(configOf(field, value))).toThrow(TypeError);
      expect(() => create(configOf(field, value))).toThrow(`${field} must be a number, got ${described}`);
    });

    it.each([undefined, null])('is the default if it is %s', (value) => {
      expect(resolveConfig(configOf(field, value) as BackpressureControllerConfig<number>)).toEqual(resolveConfig({}));
    });
  });

  it.each(['dropOldest', 'DROP_OLDEST', '', 'toString', 5])(
    'refuses a strategy of %s, and the error names the valid ones',
    (strategy) => {
      expect(() => create({ strategy })).toThrow(RangeError);
      expect(() => create({ strategy })).toThrow(
        `strategy must be one of block, drop_oldest, drop_newest, sample, got ${String(strategy)}`,
      );
    },
  );

  it.each(['sizeOf', 'priorityOf', 'isSampled', 'onStateChange', 'onDrop', 'onFlush'])(
    'refuses a %s that is not a function',
    (field) => {
      expect(() => create({ [field]: 5 })).toThrow(TypeError);
      expect(() => create({ [field]: 5 })).toThrow(`${field} must be a function, got 5`);
    },
  );

  it.each(['retry', 'circuitBreaker', 'buffer', 'memoryBudget'])('refuses a %s that is not an object', (field) => {
    expect(() => create({ [field]: 5 })).toThrow(TypeError);
    expect(() => create({ [field]: 5 })).toThrow(`${field} must be an object, got number 5`);
  });

  it.each(['buffer', 'memoryBudget'])('refuses a %s of null', (field) => {
    expect(() => create({ [field]: null })).toThrow(new TypeError(`${field} must be an object, got object null`));
  });

  it('accepts bounds on bytes with a custom buffer, which counts bytes itself', () => {
    expect(create({ maxBufferBytes: 100, buffer: new ObjectBuffer<number>(() => 1) })).toBeDefined();
  });

  it.each([
    ['a source', { utilization: () => 1 }],
    ['a source without the function', [{}]],
    ['nothing', [undefined]],
  ])('refuses a pressure that is %s', (_, pressure) => {
    expect(() => create({ pressure })).toThrow(TypeError);
    expect(() => create({ pressure })).toThrow(/^pressure must be /);
  });

  it.each([
    [{ batchSize: 200, maxBufferSize: 100 }, 'batchSize (200) must not be above maxBufferSize (100)'],
    [{ batchSize: 200, maxBatchSize: 100 }, 'batchSize (200) must not be above maxBatchSize (100)'],
    [{ maxBatchSize: 200, gatheredBatchSize: 100 }, 'maxBatchSize (200) must not be above gatheredBatchSize (100)'],
    [{ lowWatermark: 0.9, highWatermark: 0.8 }, 'lowWatermark (0.9) must not be above highWatermark (0.8)'],
    [
      { minFlushIntervalMs: 10, maxFlushIntervalMs: 5 },
      'minFlushIntervalMs (10) must not be above maxFlushIntervalMs (5)',
    ],
    [
      { retry: { initialBackoffMs: 10, maxBackoffMs: 5 } },
      'retry.initialBackoffMs (10) must not be above retry.maxBackoffMs (5)',
    ],
  ])('refuses %j, which contradicts itself, and the error names both options', (config, message) => {
    expect(() => create(config)).toThrow(RangeError);
    expect(() => create(config)).toThrow(message);
  });

  it.each([
    [{ maxBufferSize: 10 }, { batchSize: 10, maxBatchSize: 10 }],
    [{ batchSize: 20_000 }, { maxBufferSize: 20_000, maxBatchSize: 20_000 }],
    [{ maxBatchSize: 50 }, { batchSize: 50, maxBufferSize: 10_000 }],
    [{ maxBatchSize: 500 }, { batchSize: 100 }],
    [{ highWatermark: 0.3 }, { lowWatermark: 0.3 }],
    [{ lowWatermark: 0.9 }, { highWatermark: 0.9 }],
    [{ maxFlushIntervalMs: 50 }, { minFlushIntervalMs: 50 }],
    [{ minFlushIntervalMs: 60_000 }, { maxFlushIntervalMs: 60_000 }],
    [{ retry: { maxBackoffMs: 50 } }, { retry: { initialBackoffMs: 50, maxBackoffMs: 50, multiplier: 2 } }],
    [
      { retry: { initialBackoffMs: 9_000 } },
      { retry: { initialBackoffMs: 9_000, maxBackoffMs: 9_000, multiplier: 2 } },
    ],
  ])('adapts its defaults to %j', (config, expected) => {
    expect(resolveConfig(config)).toMatchObject(expected);
  });

  it('refuses a missing flush function', () => {
    expect(() => new BackpressureController(undefined as never)).toThrow(
      new TypeError('flushFn must be a function, got undefined'),
    );
  });

  it.each([0, -1, Number.NaN, 'x'])('refuses a memory budget of %s', (maxBytes) => {
    expect(() => new MemoryBudget(maxBytes as number)).toThrow(
      `MemoryBudget: maxBytes must be above 0, got ${String(maxBytes)}`,
    );
  });
});
