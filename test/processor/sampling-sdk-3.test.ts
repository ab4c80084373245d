import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { BackpressureSampler, SamplerLike } from '@spillway/trace';
import { expectTypeOf, it } from 'vitest';
import { describeMarkedSpans } from '../../packages/trace/test/sampling/marked-span-contract.ts';
import { describeSampler } from '../../packages/trace/test/sampling/sampler-contract.ts';
import type { SamplingSdkLine } from '../../packages/trace/test/sampling/sampling-sdk-line.ts';

/** Casts, because there are two copies of the API here, and the older one allows fewer attribute values. */
function asRoot(sampler: Sampler): SamplerLike {
  return sampler as unknown as SamplerLike;
}

const line: SamplingSdkLine = {
  name: '3.x',
  provider: ({ sampler, ...options }) =>
    new TracerProvider({ ...options, ...(sampler === undefined ? {} : { sampler }) }),
  alwaysOn: asRoot(new AlwaysOnSampler()),
  alwaysOff: asRoot(new AlwaysOffSampler()),
  half: asRoot(new TraceIdRatioBasedSampler(0.5)),
  parentBased: (root) => asRoot(new ParentBasedSampler({ root })),
};

describeSampler(line);
describeMarkedSpans(line);

it('BackpressureSampler has the type of an SDK 3.x sampler', () => {
  expectTypeOf<BackpressureSampler>().toExtend<Sampler>();
});
