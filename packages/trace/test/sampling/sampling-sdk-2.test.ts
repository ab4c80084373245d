import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { BackpressureSampler, SamplerLike } from '@spillway/trace';
import { expectTypeOf, it } from 'vitest';
import { describeMarkedSpans } from './marked-span-contract.ts';
import { describeSampler } from './sampler-contract.ts';
import type { SamplingSdkLine } from './sampling-sdk-line.ts';

const line: SamplingSdkLine = {
  name: '2.x',
  provider: ({ sampler, ...options }) =>
    new BasicTracerProvider({ ...options, ...(sampler === undefined ? {} : { sampler }) }),
  alwaysOn: new AlwaysOnSampler(),
  alwaysOff: new AlwaysOffSampler(),
  half: new TraceIdRatioBasedSampler(0.5),
  parentBased: (root) => new ParentBasedSampler({ root }),
};

describeSampler(line);
describeMarkedSpans(line);

it("BackpressureSampler has the type of an SDK 2.x sampler, and may have the SDK's samplers as its root", () => {
  expectTypeOf<BackpressureSampler>().toExtend<Sampler>();
  expectTypeOf<Sampler>().toExtend<SamplerLike>();
});
