import { logs, trace } from '@opentelemetry/api';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { BackpressureSpanProcessor } from '@spillway/trace';

const spans = new BackpressureSpanProcessor();
const records = new BackpressureLogRecordProcessor();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [spans] }));
logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [records] }));
// Next bundles routes apart from this file, so they find it here.
globalThis.telemetry = [spans, records];
