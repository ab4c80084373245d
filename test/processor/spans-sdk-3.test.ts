import { context } from '@opentelemetry/api';
import { isTracingSuppressed, setGlobalErrorHandler } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import { useStackContextManager } from '../../packages/pipeline/test/processor/stack-context-manager.ts';
import { describeSpanProcessor } from '../../packages/trace/test/span-processor-contract.ts';

useStackContextManager(context);

describeSpanProcessor({
  name: '3.x',
  context,
  isTracingSuppressed,
  setGlobalErrorHandler,
  resourceFromAttributes,
  provider: ({ spanProcessors, resource, sampled }) =>
    new TracerProvider({
      spanProcessors,
      ...(sampled
        ? {}
        : { sampler: { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'record only' } }),
      ...(resource === undefined ? {} : { resource: resource as never }),
    }),
  batchProcessor: (exporter, options) => new BatchSpanProcessor({ exporter: exporter as never, ...options }),
});
