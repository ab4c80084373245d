import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import {
  BackpressureSampler,
  type BackpressureSamplerOptions,
  BackpressureSpanProcessor,
  type BackpressureSpanProcessorOptions,
} from '@spillway/trace';
import { describe, expect, it, onTestFinished } from 'vitest';
import { objectSink } from './spans-under-load.ts';

function newProcessor(options: BackpressureSpanProcessorOptions = {}): BackpressureSpanProcessor {
  const processor = new BackpressureSpanProcessor({ exporter: objectSink().exporter, ...options });
  onTestFinished(() => processor.shutdown());
  return processor;
}

describe('the options of a sampler', () => {
  it.each([
    undefined,
    null,
    {},
    { processor: undefined },
    { processor: null },
    { processor: {} },
    { processor: 'mine' },
  ])("are refused with the option's name if processor is not a BackpressureSpanProcessor: %o", (options) => {
    expect(() => new BackpressureSampler(options as unknown as BackpressureSamplerOptions)).toThrow(
      /^processor must be a BackpressureSpanProcessor/,
    );
  });

  it.each([null, {}, 'AlwaysOnSampler', () => ({ decision: 2 })])(
    "are refused with the option's name if root is not a sampler: %s",
    (root) => {
      const options = { processor: newProcessor(), root } as unknown as BackpressureSamplerOptions;
      expect(() => new BackpressureSampler(options)).toThrow(/^root must be a sampler/);
    },
  );

  it('may leave the root out or undefined', () => {
    const processor = newProcessor();
    for (const options of [{ processor }, { processor, root: undefined }]) {
      expect(new BackpressureSampler(options).toString()).toBe('BackpressureSampler{root=AlwaysOnSampler}');
    }
  });

  it('may name a processor that does not sample, and then all spans are kept', () => {
    const processor = newProcessor({ strategy: 'drop_oldest', lowWatermark: 0 });
    expect(processor.getMetrics().state).not.toBe('normal');
    const { decision } = new BackpressureSampler({ processor }).shouldSample(
      ROOT_CONTEXT,
      '0'.repeat(31) + '1',
      'span',
      SpanKind.INTERNAL,
      {},
      [],
    );
    expect(decision).toBe(SamplingDecision.RECORD_AND_SAMPLED);
  });

  it('appear in the description of the sampler, with the description of the root', () => {
    const root = { shouldSample: () => ({ decision: 2 }), toString: () => 'Mine{1}' };
    expect(new BackpressureSampler({ processor: newProcessor(), root }).toString()).toBe(
      'BackpressureSampler{root=Mine{1}}',
    );
  });
});
