import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import { describeProcessor } from '../../packages/trace/test/processor-contract.ts';
import { useStackContextManager } from '../../packages/trace/test/stack-context-manager.ts';

useStackContextManager(context);

describeProcessor({
  name: '3.x',
  provider: ({ processors, resource, sampled = true }) =>
    new TracerProvider({
      spanProcessors: processors,
      ...(sampled ? {} : { sampler: { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'record only' } }),
      ...(resource === undefined ? {} : { resource: resource as never }),
    }),
  pendingResource: (attribute) => resourceFromAttributes({ 'service.name': 'shop', 'host.id': attribute }),
  batchSpanProcessor: (exporter) => new BatchSpanProcessor({ exporter: exporter as never }),
  isTracingSuppressed: () => isTracingSuppressed(context.active()),
});
