/** Ships the spans and log records of this process to OTEL_EXPORTER_OTLP_ENDPOINT. */
import { context, diag, DiagConsoleLogger, DiagLogLevel, logs, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { BackpressureSpanProcessor } from '@spillway/trace';

// Reports on stderr that the collector fails or recovers, or that items are lost. Without it, nobody learns of that.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const resource = resourceFromAttributes({ 'service.name': 'bookshop' });
const tracerProvider = new TracerProvider({ resource, spanProcessors: [new BackpressureSpanProcessor()] });
const loggerProvider = new LoggerProvider({ resource, processors: [new BackpressureLogRecordProcessor()] });

// Log records take their trace and span id from the active context. Without a context manager, they have no ids, and
// there is no error.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracerProvider);
logs.setGlobalLoggerProvider(loggerProvider);

/** Ships what is left of both signals, which takes at most 10 s. */
export async function shutdownTelemetry(): Promise<void> {
  await Promise.all([tracerProvider.shutdown(), loggerProvider.shutdown()]);
}
