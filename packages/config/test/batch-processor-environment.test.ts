import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  processEnvironment,
  readBatchProcessorEnvironment,
  type GivenLimits,
  type ProcessorSignal,
} from '@spillway/config';

function read(signal: ProcessorSignal, env: Record<string, string>, given?: GivenLimits) {
  const warnings: string[] = [];
  return { options: readBatchProcessorEnvironment(signal, env, (message) => warnings.push(message), given), warnings };
}

const PREFIX = { traces: 'OTEL_BSP_', logs: 'OTEL_BLRP_' } as const;
const INFIX = { traces: 'TRACES', logs: 'LOGS' } as const;
const OTHER = { traces: 'logs', logs: 'traces' } as const;

afterEach(() => vi.unstubAllGlobals());

describe.each(['traces', 'logs'] as const)('the environment of the batch processor for %s', (signal) => {
  it('sets no option when it is empty', () => {
    expect(read(signal, {})).toEqual({ options: {}, warnings: [] });
  });

  it.each([
    ['MAX_QUEUE_SIZE', '4096', { maxQueueSize: 4096 }],
    ['MAX_EXPORT_BATCH_SIZE', '128', { maxExportBatchSize: 128 }],
    ['SCHEDULE_DELAY', '0', { scheduledDelayMillis: 0 }],
    ['EXPORT_TIMEOUT', '0', { exportTimeoutMillis: Infinity }],
    ['EXPORT_TIMEOUT', '7000', { exportTimeoutMillis: 7000 }],
    ['ON_QUEUE_FULL', 'BLOCK', { strategy: 'block' }],
    ['ON_QUEUE_FULL', 'DROP', { strategy: 'drop_newest' }],
    ['ON_QUEUE_FULL', 'drop_oldest', { strategy: 'drop_oldest' }],
  ])('reads the specified variable that ends with %s=%s for this signal only', (name, value, options) => {
    expect(read(signal, { [PREFIX[signal] + name]: value })).toEqual({ options, warnings: [] });
    expect(read(OTHER[signal], { [PREFIX[signal] + name]: value })).toEqual({ options: {}, warnings: [] });
  });

  it.each([
    ['STRATEGY', 'Drop_Oldest', 'strategy', 'drop_oldest', 'sample'],
    ['SAMPLE_RATE', '5', 'sampleRate', 5, '6'],
    ['HIGH_WATERMARK', '0.9', 'highWatermark', 0.9, '0.7'],
    ['LOW_WATERMARK', '0.3', 'lowWatermark', 0.3, '0.2'],
    ['TARGET_LATENCY', '250', 'targetLatencyMillis', 250, '100'],
    ['MAX_QUEUE_BYTES', '32MiB', 'maxQueueBytes', 33_554_432, '1MB'],
    ['MAX_ITEM_BYTES', '1MiB', 'maxItemBytes', 1_048_576, '2MB'],
    ['MAX_CONCURRENT_EXPORTS', '4', 'maxConcurrentExports', 4, '8'],
    ['DRAIN_TIMEOUT', '0', 'drainTimeoutMillis', Infinity, '1'],
  ])("reads both forms of SPILLWAY_%s, and the signal's own form wins", (name, value, option, expected, common) => {
    const own = `SPILLWAY_${INFIX[signal]}_${name}`;
    expect(read(signal, { [`SPILLWAY_${name}`]: value })).toEqual({ options: { [option]: expected }, warnings: [] });
    expect(read(signal, { [own]: value })).toEqual({ options: { [option]: expected }, warnings: [] });
    expect(read(signal, { [own]: value, [`SPILLWAY_${name}`]: common }).options).toEqual({ [option]: expected });
    expect(read(OTHER[signal], { [own]: value })).toEqual({ options: {}, warnings: [] });
  });

  it.each([
    [`${PREFIX[signal]}MAX_QUEUE_SIZE`, '0'],
    [`${PREFIX[signal]}MAX_EXPORT_BATCH_SIZE`, '-1'],
    [`${PREFIX[signal]}SCHEDULE_DELAY`, '5s'],
    [`${PREFIX[signal]}EXPORT_TIMEOUT`, '-1'],
    [`${PREFIX[signal]}ON_QUEUE_FULL`, 'wait'],
    ['SPILLWAY_STRATEGY', 'drop-oldest'],
    ['SPILLWAY_SAMPLE_RATE', '0'],
    ['SPILLWAY_HIGH_WATERMARK', '1.1'],
    ['SPILLWAY_LOW_WATERMARK', '50%'],
    ['SPILLWAY_TARGET_LATENCY', '0'],
    ['SPILLWAY_MAX_QUEUE_BYTES', '64Mi'],
    ['SPILLWAY_MAX_CONCURRENT_EXPORTS', '0'],
    ['SPILLWAY_DRAIN_TIMEOUT', 'never'],
  ])('ignores %s=%s with a warning', (name, value) => {
    const { options, warnings } = read(signal, { [name]: value });
    expect(options).toEqual({});
    expect(warnings).toEqual([expect.stringContaining(`${name}="${value}" is ignored: `)]);
  });

  it("falls back to the common form if the signal's own form cannot be used", () => {
    const { options, warnings } = read(signal, {
      [`SPILLWAY_${INFIX[signal]}_SAMPLE_RATE`]: 'often',
      SPILLWAY_SAMPLE_RATE: '3',
    });
    expect(options).toEqual({ sampleRate: 3 });
    expect(warnings).toHaveLength(1);
  });

  it('lets SPILLWAY_STRATEGY win over the proposed alias', () => {
    const env = { SPILLWAY_STRATEGY: 'sample', [`${PREFIX[signal]}ON_QUEUE_FULL`]: 'BLOCK' };
    expect(read(signal, env).options).toEqual({ strategy: 'sample' });
  });

  it('warns that a timeout for blocking has no effect', () => {
    const name = `${PREFIX[signal]}BLOCK_ON_QUEUE_FULL_TIMEOUT`;
    expect(read(signal, { [name]: '100' })).toEqual({
      options: {},
      warnings: [expect.stringContaining(`${name} has no effect`)],
    });
  });
});

describe('if two variables contradict each other', () => {
  it('a batch size above the queue size is ignored', () => {
    expect(read('traces', { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '101' })).toEqual({
      options: { maxQueueSize: 100 },
      warnings: [
        'OTEL_BSP_MAX_EXPORT_BATCH_SIZE=101 is ignored: maxExportBatchSize (101) must not be above maxQueueSize (100)',
      ],
    });
  });

  it('a low watermark above the high one is ignored, and the warning names the variable that was set', () => {
    const { options, warnings } = read('traces', {
      SPILLWAY_HIGH_WATERMARK: '0.5',
      SPILLWAY_TRACES_LOW_WATERMARK: '0.6',
    });
    expect(options).toEqual({ highWatermark: 0.5 });
    expect(warnings).toEqual([expect.stringContaining('SPILLWAY_TRACES_LOW_WATERMARK=0.6 is ignored')]);
  });

  it('equal values are no contradiction', () => {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '100' };
    expect(read('traces', env)).toEqual({ options: { maxQueueSize: 100, maxExportBatchSize: 100 }, warnings: [] });
  });

  it('a variable gives way to an option set in code, whichever of the two it is', () => {
    expect(read('traces', { OTEL_BSP_MAX_QUEUE_SIZE: '100' }, { maxExportBatchSize: 200 })).toEqual({
      options: {},
      warnings: [expect.stringContaining('OTEL_BSP_MAX_QUEUE_SIZE=100 is ignored')],
    });
    expect(read('traces', { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '200' }, { maxQueueSize: 100 })).toEqual({
      options: {},
      warnings: [expect.stringContaining('OTEL_BSP_MAX_EXPORT_BATCH_SIZE=200 is ignored')],
    });
  });

  it('a variable causes no warning if the code sets the same option anyway', () => {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: '100' };
    expect(read('traces', env, { maxQueueSize: 500, maxExportBatchSize: 200 }).warnings).toEqual([]);
  });

  it('a contradiction within the code is left to the constructor, which refuses it', () => {
    expect(read('traces', {}, { maxQueueSize: 1, maxExportBatchSize: 2 })).toEqual({ options: {}, warnings: [] });
  });
});

describe('the environment of the process', () => {
  it('is read if no environment is passed', () => {
    vi.stubGlobal('process', { env: { OTEL_BSP_MAX_QUEUE_SIZE: '77' } });
    expect(readBatchProcessorEnvironment('traces')).toEqual({ maxQueueSize: 77 });
  });

  it.each([
    ['process', undefined],
    ['environment in its process', {}],
  ])('is empty if there is no %s, as in a browser', (_, value) => {
    vi.stubGlobal('process', value);
    expect(processEnvironment()).toEqual({});
    expect(readBatchProcessorEnvironment('traces')).toEqual({});
  });
});
