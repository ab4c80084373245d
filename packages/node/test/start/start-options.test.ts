import { describe, expect, it } from 'vitest';
import { checkStartOptions } from '../../src/sdk/check-start-options.ts';
import type { StartOptions } from '../../src/sdk/start-options.ts';

describe('the options of a start', () => {
  it('may all be left out, a signal or pressure may be false, and a ratio may be 0 or 1', () => {
    for (const options of [
      {},
      { traces: false, logs: false, pressure: false },
      { samplerRatio: 0 },
      { samplerRatio: 1 },
    ] satisfies StartOptions[]) {
      expect(() => checkStartOptions(options)).not.toThrow();
    }
  });

  it.each([
    [{ propagators: 'tracecontext' }, 'propagators must be a list, got string'],
    [{ propagators: ['b2'] }, /^propagators must be one of tracecontext, baggage, .*, got "b2"$/],
    [{ traces: { exporters: ['zipkin'] } }, /^traces\.exporters must be one of .*, got "zipkin"$/],
    [{ logs: { exporters: 'otlp' } }, 'logs.exporters must be a list, got string'],
    [{ sampler: 'sometimes' }, /^sampler must be one of .*, got "sometimes"$/],
    [{ sampler: {} }, 'sampler must be a name, or an object with shouldSample'],
    [{ samplerRatio: 1.1 }, 'samplerRatio must be from 0 to 1, got 1.1'],
    [{ samplerRatio: Number.NaN }, 'samplerRatio must be from 0 to 1, got NaN'],
    [{ exit: 'wait' }, /^exit must be one of .*, got "wait"$/],
    [{ spool: {} }, 'spool must be a Spool, another object with a join function, or false, got object'],
    [{ spool: null }, 'spool must be a Spool, another object with a join function, or false, got object'],
    [{ pressure: 'heap' }, 'pressure must be a list, or false, got string'],
    [{ pressure: ['cpu'] }, /^pressure must be one of .*, got "cpu"$/],
    [{ pressure: [{}] }, 'pressure must contain names, or objects with utilization'],
    [{ pressure: [null] }, 'pressure must contain names, or objects with utilization'],
    [{ spanLimits: 128 }, 'spanLimits must be an object, got number'],
    [{ logRecordLimits: null }, 'logRecordLimits must be an object, got null'],
    [
      { spanLimits: { attributeCount: 1 } },
      /^spanLimits must be one of attributeCountLimit, .*, got "attributeCount"$/,
    ],
    [
      { spanLimits: { eventCountLimit: -1 } },
      'spanLimits.eventCountLimit must be a whole number from 0, or Infinity, got -1',
    ],
    [
      { logRecordLimits: { eventCountLimit: 1 } },
      /^logRecordLimits must be one of attributeCountLimit, attributeValueLengthLimit, got "eventCountLimit"$/,
    ],
    [
      { logRecordLimits: { attributeCountLimit: 1.5 } },
      'logRecordLimits.attributeCountLimit must be a whole number from 0, or Infinity, got 1.5',
    ],
    [{ sdk: {} }, 'sdk must have @opentelemetry/api'],
    [{ logLevel: 'loud' }, /^logLevel must be one of .*, got "loud"$/],
  ])('are refused, with name and value: %o', (options, message) => {
    expect(() => checkStartOptions(options as unknown as StartOptions)).toThrow(message);
  });
});
