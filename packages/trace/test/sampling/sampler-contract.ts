import {
  createTraceState,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { KEEP_ALL, type Threshold } from '@spillway/sampling';
import {
  BackpressureSampler,
  type BackpressureSpanProcessor,
  type BackpressureSpanProcessorOptions,
  type SamplerLike,
  type ThresholdSource,
} from '@spillway/trace';
import { describe, expect, it } from 'vitest';
import { useFakeTime } from '../../../pipeline/test/processor/item-sink.ts';
import { HIGH_TRACE, LOW_TRACE, type SamplingSdkLine, steeredIds, TRACE_ID_START } from './sampling-sdk-line.ts';
import { type ArrivedSpan, encodedSink, lawfulSpanProcessor, processorUnderLoad } from './spans-under-load.ts';

interface Application {
  readonly processor: BackpressureSpanProcessor;
  startSpan(traceId: string, parent?: SpanContext, name?: string): Span;
  /** The ended spans, as they arrive. */
  arrived(): Promise<readonly ArrivedSpan[]>;
}

interface Wishes {
  readonly options?: BackpressureSpanProcessorOptions;
  readonly root?: SamplerLike;
  /** Wraps the sampler in another one. */
  readonly around?: (sampler: BackpressureSampler) => SamplerLike;
  readonly isUnderLoad?: boolean;
  /** The source of the threshold, if it is not the processor. */
  readonly source?: ThresholdSource;
}

/** Keeps 1 trace in 2. */
const HALF: Threshold = { high: 0x8000000, low: 0 };

/** The contract of a `BackpressureSampler` in an SDK. */
export function describeSampler(line: SamplingSdkLine): void {
  useFakeTime();

  function start({
    options,
    root,
    around = (sampler) => sampler,
    isUnderLoad = true,
    source,
  }: Wishes = {}): Application {
    const sink = encodedSink();
    const processor = isUnderLoad
      ? processorUnderLoad(sink, options)
      : lawfulSpanProcessor(sink, { strategy: 'sample', sampleRate: 2 });
    const ids = steeredIds();
    const sampler = around(
      new BackpressureSampler({ processor: source ?? processor, ...(root === undefined ? {} : { root }) }),
    );
    const tracer: Tracer = line.provider({ sampler, spanProcessors: [processor], idGenerator: ids }).getTracer('shop');
    return {
      processor,
      startSpan: (traceId, parent, name = 'span') => {
        ids.traceId = traceId;
        return tracer.startSpan(
          name,
          {},
          parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent),
        );
      },
      arrived: async () => {
        await processor.forceFlush();
        return sink.arrived();
      },
    };
  }

  const remote = (traceId: string, traceState?: string, traceFlags = 1): SpanContext => ({
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags,
    isRemote: true,
    ...(traceState === undefined ? {} : { traceState: createTraceState(traceState) }),
  });
  const stateOf = (span: Span): string | undefined => span.spanContext().traceState?.serialize();

  describe(`a trace under load, with a sampler in SDK ${line.name}`, () => {
    it('is not even recorded below the threshold: its spans are never offered, and the trace counts as not built', async () => {
      const { processor, startSpan, arrived } = start();
      const span = startSpan(LOW_TRACE);
      expect(span.isRecording()).toBe(false);
      expect(span.spanContext().traceFlags & 1).toBe(0);
      span.end();
      expect(await arrived()).toEqual([]);
      expect(processor.getMetrics()).toMatchObject({
        eventsNotBuilt: 1,
        eventsOffered: 0,
        droppedByReason: { sampled_out: 0 },
      });
    });

    it('is recorded at or above the threshold, and says so in its tracestate, which is also propagated', async () => {
      const { processor, startSpan, arrived } = start();
      const span = startSpan(`${TRACE_ID_START}80000000000000`);
      expect(span.isRecording()).toBe(true);
      expect(stateOf(span)).toBe('ot=th:8');
      const child = startSpan(HIGH_TRACE, span.spanContext());
      expect(child.spanContext().traceId).toBe(span.spanContext().traceId);
      expect(stateOf(child)).toBe('ot=th:8');
      child.end();
      span.end();
      expect(await arrived()).toEqual([
        { name: 'span', traceState: 'ot=th:8000' },
        { name: 'span', traceState: 'ot=th:8000' },
      ]);
      expect(processor.getMetrics()).toMatchObject({ eventsNotBuilt: 0, eventsFlushed: 2 });
    });

    it('is exported with a threshold of four digits', async () => {
      const { startSpan, arrived } = start({ options: { sampleRate: 10 } });
      startSpan(HIGH_TRACE).end();
      expect(await arrived()).toEqual([{ name: 'span', traceState: 'ot=th:e667' }]);
    });

    it.each([
      ['recorded', KEEP_ALL, HALF, true],
      ['not recorded', HALF, KEEP_ALL, false],
    ])(
      'stays whole when the threshold changes: if its root was %s, so are its children',
      (_, before, after, isRecording) => {
        const source = { samplingThreshold: before, onNotRecorded: () => {} };
        const { startSpan } = start({ source });
        const root = startSpan(LOW_TRACE);
        source.samplingThreshold = after;
        const child = startSpan(LOW_TRACE, root.spanContext());
        const grandchild = startSpan(LOW_TRACE, child.spanContext());
        expect([root, child, grandchild].map((span) => span.isRecording())).toEqual([
          isRecording,
          isRecording,
          isRecording,
        ]);
      },
    );

    it('is decided by rv of the tracestate instead of its id, if there is an rv', () => {
      const { startSpan } = start();
      expect(startSpan(LOW_TRACE, remote(LOW_TRACE, 'ot=rv:ffffffffffffff')).isRecording()).toBe(true);
      expect(startSpan(HIGH_TRACE, remote(HIGH_TRACE, 'ot=rv:00000000000001')).isRecording()).toBe(false);
    });
  });

  describe(`a trace that comes from outside under load, with a sampler in SDK ${line.name}`, () => {
    it('is sampled like all others', () => {
      const { processor, startSpan } = start();
      expect(startSpan(HIGH_TRACE, remote(HIGH_TRACE)).isRecording()).toBe(true);
      expect(startSpan(LOW_TRACE, remote(LOW_TRACE)).isRecording()).toBe(false);
      expect(processor.getMetrics().eventsNotBuilt).toBe(1);
    });

    it('gets no threshold if it does not say how it was sampled there, and keeps its tracestate', async () => {
      const { startSpan, arrived } = start();
      const spans = [startSpan(HIGH_TRACE, remote(HIGH_TRACE)), startSpan(HIGH_TRACE, remote(HIGH_TRACE, 'a=1'))];
      expect(spans.map(stateOf)).toEqual([undefined, 'a=1']);
      for (const span of spans) span.end();
      expect((await arrived()).map(({ traceState }) => traceState)).toEqual(['', 'a=1']);
    });

    it("gets a threshold if it came with the random flag, and keeps it even if the processor's threshold falls", async () => {
      // The head keeps 1 in 4, the threshold of a moment ago; the processor keeps 1 in 2.
      const { startSpan, arrived } = start({
        source: { samplingThreshold: { high: 0xc000000, low: 0 }, onNotRecorded: () => {} },
      });
      const span = startSpan(HIGH_TRACE, remote(HIGH_TRACE, undefined, 3));
      expect(stateOf(span)).toBe('ot=th:c');
      span.end();
      expect((await arrived()).map(({ traceState }) => traceState)).toEqual(['ot=th:c000']);
    });

    it('counts as beginning here, and gets a threshold, if its context is invalid', () => {
      const { startSpan } = start();
      expect(stateOf(startSpan(HIGH_TRACE, { ...INVALID_SPAN_CONTEXT, traceState: createTraceState('stale=1') }))).toBe(
        'ot=th:8',
      );
    });

    it.each([
      ['ot=th:4', 'ot=th:8'],
      ['ot=th:0', 'ot=th:8'],
      ['ot=th:8', 'ot=th:8'],
      ['ot=th:c', 'ot=th:c'],
      ['ot=th:80000000000001', 'ot=th:80000000000001'],
      ['a=1,ot=rv:ffffffffffffff;th:4,b=2', 'ot=th:8;rv:ffffffffffffff,a=1,b=2'],
    ])('has the greater of two thresholds if it came with one: %s becomes %s', async (incoming, expected) => {
      const { startSpan } = start();
      expect(stateOf(startSpan(HIGH_TRACE, remote(HIGH_TRACE, incoming)))).toBe(expected);
    });
  });

  describe(`a trace that is not recorded, with a sampler in SDK ${line.name}`, () => {
    it.each([
      ['ot=th:4', ''],
      ['a=1,ot=th:4;rv:00000000000001', 'ot=rv:00000000000001,a=1'],
      ['a=1', 'a=1'],
    ])('is passed on without a threshold, because it has not passed one: %s becomes %s', (incoming, expected) => {
      const span = start().startSpan(LOW_TRACE, remote(LOW_TRACE, incoming));
      expect(span.isRecording()).toBe(false);
      expect(stateOf(span)).toBe(expected);
    });
  });

  describe(`the root of a sampler in SDK ${line.name}`, () => {
    it.each([
      ['none', undefined],
      ['AlwaysOnSampler', line.alwaysOn],
      ['ParentBasedSampler of AlwaysOnSampler, the default of the SDK', line.parentBased(line.alwaysOn)],
    ])('decides first, and under load the threshold decides after it: %s', (_, root) => {
      const { startSpan } = start(root === undefined ? {} : { root });
      expect(stateOf(startSpan(HIGH_TRACE))).toBe('ot=th:8');
      expect(startSpan(LOW_TRACE).isRecording()).toBe(false);
    });

    it('leaves nothing to sample if it is AlwaysOffSampler', () => {
      const { processor, startSpan } = start({ root: line.alwaysOff });
      for (const traceId of [HIGH_TRACE, LOW_TRACE]) expect(startSpan(traceId).isRecording()).toBe(false);
      expect(processor.getMetrics()).toMatchObject({ eventsNotBuilt: 0, eventsOffered: 0 });
    });

    it('gets no th for its traces if it is TraceIdRatioBasedSampler, which does not write its own probability', () => {
      // It keeps ids whose four words, xor-ed, are below 2^31. Both would pass the threshold.
      const [kept, dropped] = ['000000000000000000ffffff00ffffff', 'f00000000000000000ffffff00ffffff'] as const;
      const { processor, startSpan } = start({ root: line.half });
      expect(startSpan(dropped).isRecording()).toBe(false);
      expect(processor.getMetrics().eventsNotBuilt).toBe(0);
      const span = startSpan(kept);
      expect(span.isRecording()).toBe(true);
      expect(stateOf(span)).toBeUndefined();
      expect(startSpan('0000000000000000000fffff000fffff').isRecording()).toBe(false);
      expect(processor.getMetrics().eventsNotBuilt).toBe(1);
    });

    it.each([
      ['TraceIdRatioBasedSampler', line.half],
      ['ParentBasedSampler of TraceIdRatioBasedSampler', line.parentBased(line.half)],
      ['a sampler of the application', rootOf({ decision: 2 })],
    ])('keeps exported spans from getting a threshold if it does not say what share it keeps: %s', async (_, root) => {
      const { startSpan, arrived } = start({ root });
      const span = startSpan('000000000000000000ffffff00ffffff');
      startSpan(HIGH_TRACE, span.spanContext()).end();
      span.end();
      expect((await arrived()).map(({ traceState }) => traceState)).toEqual(['', '']);
    });

    it('is believed about the traces whose share it says, even if it does not say it for others', async () => {
      const root: SamplerLike = {
        shouldSample: (_context, _traceId, name) => ({
          decision: 2,
          ...(name === 'known' ? { traceState: createTraceState('ot=th:4') } : {}),
        }),
        toString: () => 'rules',
      };
      const { startSpan, arrived } = start({ root });
      for (const name of ['known', 'unknown']) startSpan(HIGH_TRACE, undefined, name).end();
      expect(await arrived()).toEqual([
        { name: 'known', traceState: 'ot=th:8000' },
        { name: 'unknown', traceState: '' },
      ]);
    });

    it.each([
      ['ot=th:4', 'ot=th:8'],
      ['ot=th:c', 'ot=th:c'],
      ['a=1', 'a=1'],
    ])('may write a tracestate itself, which is respected: %s becomes %s', (own, expected) => {
      const root = rootOf({ decision: 2, traceState: createTraceState(own), attributes: { 'sampler.rule': 'all' } });
      const span = start({ root }).startSpan(HIGH_TRACE);
      expect(stateOf(span)).toBe(expected);
      expect(span).toMatchObject({ attributes: { 'sampler.rule': 'all' } });
    });

    it('decides about the children of spans that are sampled here, but not about children of other spans', () => {
      const root: SamplerLike = {
        shouldSample: (_context, _traceId, name) => ({
          decision: name === 'noise' ? 0 : 2,
          attributes: { 'sampler.rule': 'all' },
        }),
        toString: () => 'rules',
      };
      const { startSpan } = start({ root });
      const [high, low] = [startSpan(HIGH_TRACE), startSpan(LOW_TRACE)];
      expect(startSpan(HIGH_TRACE, high.spanContext())).toMatchObject({ attributes: { 'sampler.rule': 'all' } });
      expect(startSpan(HIGH_TRACE, high.spanContext(), 'noise').isRecording()).toBe(false);
      expect(startSpan(LOW_TRACE, low.spanContext()).isRecording()).toBe(false);
    });

    it('is not overruled if it decides to record only', () => {
      const { processor, startSpan } = start({ root: rootOf({ decision: 1 }) });
      const span = startSpan(LOW_TRACE);
      expect(span.isRecording()).toBe(true);
      expect(stateOf(span)).toBeUndefined();
      span.end();
      expect(processor.getMetrics()).toMatchObject({ eventsNotBuilt: 0, eventsOffered: 0 });
    });

    it.each([0, 1, 2])('alone decides while there is no load: decision %i', (decision) => {
      const { processor, startSpan } = start({
        root: rootOf({ decision, traceState: createTraceState('a=1') }),
        isUnderLoad: false,
      });
      for (const traceId of [LOW_TRACE, HIGH_TRACE]) {
        const span = startSpan(traceId);
        expect(span.isRecording()).toBe(decision > 0);
        expect(stateOf(span)).toBe('a=1');
      }
      expect(processor.getMetrics().eventsNotBuilt).toBe(0);
    });
  });

  describe(`a sampler as the root of a ParentBasedSampler in SDK ${line.name}`, () => {
    const around = (sampler: BackpressureSampler): SamplerLike => line.parentBased(sampler);

    it('decides about the traces that begin here', () => {
      const { processor, startSpan } = start({ around });
      expect(stateOf(startSpan(HIGH_TRACE))).toBe('ot=th:8');
      expect(startSpan(LOW_TRACE).isRecording()).toBe(false);
      expect(processor.getMetrics().eventsNotBuilt).toBe(1);
    });

    it('leaves all other traces to the parent', () => {
      const { startSpan } = start({ around });
      expect(startSpan(LOW_TRACE, remote(LOW_TRACE)).isRecording()).toBe(true);
      expect(startSpan(HIGH_TRACE, remote(HIGH_TRACE, undefined, 0)).isRecording()).toBe(false);
    });
  });
}

function rootOf(result: ReturnType<SamplerLike['shouldSample']>): SamplerLike {
  return { shouldSample: () => result, toString: () => 'of the application' };
}
