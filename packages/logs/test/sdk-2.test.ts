import { context } from '@opentelemetry/api';
import { isTracingSuppressed, setGlobalErrorHandler } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { useStackContextManager } from '../../pipeline/test/processor/stack-context-manager.ts';
import { describeLogRecordProcessor } from './log-record-processor-contract.ts';

useStackContextManager(context);

describeLogRecordProcessor({
  name: '2.x',
  context,
  isTracingSuppressed,
  setGlobalErrorHandler,
  resourceFromAttributes,
  provider: ({ processors, resource }) =>
    new LoggerProvider({ processors, ...(resource === undefined ? {} : { resource: resource as never }) }),
  batchProcessor: (exporter, options) => new BatchLogRecordProcessor({ exporter: exporter as never, ...options }),
});
