import { createTraceState, type Context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { BackpressureSampler } from '@spillway/trace';
import { expect, it } from 'vitest';

const RANDOMNESS_0 = '0af7651916cd43dd8400000000000000';
const HALF = { high: 2 ** 27, low: 0 };

/** The decision about a trace that is sampled out. */
function sampledOut(context: Context = ROOT_CONTEXT) {
  const processor = { samplingThreshold: HALF, onNotRecorded() {} };
  return new BackpressureSampler({ processor }).shouldSample(context, RANDOMNESS_0, 'span', SpanKind.SERVER, {}, []);
}

const calledWith = (traceState: string): Context =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: RANDOMNESS_0,
    spanId: 'b7ad6b7169203331',
    // The random flag of trace context level 2.
    traceFlags: 3,
    isRemote: true,
    ...(traceState !== '' && { traceState: createTraceState(traceState) }),
  });

it('a trace that is sampled out passes on no trace state if it came with none, so that no empty header is sent', () => {
  for (const context of [ROOT_CONTEXT, calledWith('')])
    expect(sampledOut(context)).toStrictEqual({ decision: SamplingDecision.NOT_RECORD });
});

it('a trace that is sampled out passes on the trace state of others, without a threshold', () => {
  const { decision, traceState } = sampledOut(calledWith('ot=th:4,vendor=1'));
  expect(decision).toBe(SamplingDecision.NOT_RECORD);
  expect(traceState?.serialize()).toBe('vendor=1');
});
