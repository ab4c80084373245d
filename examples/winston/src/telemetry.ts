/** Ships winston's log to OTEL_EXPORTER_OTLP_ENDPOINT. SDK 2.x. Node loads this file before the application. */
import { diag, DiagConsoleLogger, DiagLogLevel } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { OpenTelemetryTransportV3 } from '@opentelemetry/winston-transport';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { logger } from './logger.ts';

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN); // reports on stderr that the collector fails or recovers, or that records are lost

const resource = resourceFromAttributes({ 'service.name': 'darkroom' });
const provider = new LoggerProvider({ resource, processors: [new BackpressureLogRecordProcessor()] });
logs.setGlobalLoggerProvider(provider);
logger.add(new OpenTelemetryTransportV3());

// Ships the records that are left, which takes at most 10 s. By then, winston has handed all records over. If you call
// `shutdown` yourself, wait until `logger.end()` has emitted 'finish': a slow transport, such as a file, delays the
// others.
process.once('beforeExit', () => void provider.shutdown());
