/** Ships what winston logs to where OTEL_EXPORTER_OTLP_ENDPOINT says. SDK 2.x. Node loads it before the application. */
import { diag, DiagConsoleLogger, DiagLogLevel } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { OpenTelemetryTransportV3 } from '@opentelemetry/winston-transport';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { logger } from './logger.ts';

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN); // on stderr: the collector fails, recovers, records are given up

const resource = resourceFromAttributes({ 'service.name': 'darkroom' });
const provider = new LoggerProvider({ resource, processors: [new BackpressureLogRecordProcessor()] });
logs.setGlobalLoggerProvider(provider);
logger.add(new OpenTelemetryTransportV3());

// Ships what is left, for 10 s at most. By then winston has handed everything over; where you call `shutdown` yourself,
// let `logger.end()` emit 'finish' before: a slow transport, a file for instance, holds back the others.
process.once('beforeExit', () => void provider.shutdown());
