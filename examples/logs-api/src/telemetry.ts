/** Ships the spans and log records of this process to where OTEL_EXPORTER_OTLP_ENDPOINT says. */
import { context, diag, DiagConsoleLogger, DiagLogLevel, logs, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { BackpressureSpanProcessor } from '@spillway/trace';

// Says on stderr when the collector fails, recovers, or something is given up. Without it nobody hears of that.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const resource = resourceFromAttributes({ 'service.name': 'bookshop' });
const tracerProvider = new TracerProvider({ resource, spanProcessors: [new BackpressureSpanProcessor()] });
const loggerProvider = new LoggerProvider({ resource, processors: [new BackpressureLogRecordProcessor()] });

// Log records take their trace and span id from the active context. Without a manager there is none, and no error either.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracerProvider);
logs.setGlobalLoggerProvider(loggerProvider);

/** Ships what is left of both signals, for 10 s at most. */
export async function shutdownTelemetry(): Promise<void> {
  await Promise.all([tracerProvider.shutdown(), loggerProvider.shutdown()]);
}
