import { context } from '@opentelemetry/api';
import { isTracingSuppressed, setGlobalErrorHandler } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  SamplingDecision,
} from '@opentelemetry/sdk-trace-base';
import { useStackContextManager } from '../../pipeline/test/processor/stack-context-manager.ts';
import { describeSpanProcessor } from './span-processor-contract.ts';

useStackContextManager(context);

describeSpanProcessor({
  name: '2.x',
  context,
  isTracingSuppressed,
  setGlobalErrorHandler,
  resourceFromAttributes,
  provider: ({ spanProcessors, resource, sampled }) =>
    new BasicTracerProvider({
      spanProcessors,
      sampler: sampled
        ? new AlwaysOnSampler()
        : { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'record only' },
      ...(resource === undefined ? {} : { resource: resource as never }),
    }),
  batchProcessor: (exporter, options) => new BatchSpanProcessor(exporter as never, options),
});
