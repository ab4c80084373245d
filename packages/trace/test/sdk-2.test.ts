import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor, SamplingDecision } from '@opentelemetry/sdk-trace-base';
import { useStackContextManager } from './stack-context-manager.ts';
import { describeProcessor } from './processor-contract.ts';

useStackContextManager(context);

describeProcessor({
  name: '2.x',
  provider: ({ processors, resource, sampled = true }) =>
    new BasicTracerProvider({
      spanProcessors: processors,
      sampler: sampled ? new AlwaysOnSampler() : { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'record only' },
      ...(resource === undefined ? {} : { resource: resource as never }),
    }),
  pendingResource: (attribute) => resourceFromAttributes({ 'service.name': 'shop', 'host.id': attribute }),
  batchSpanProcessor: (exporter) => new BatchSpanProcessor(exporter as never),
  isTracingSuppressed: () => isTracingSuppressed(context.active()),
});
