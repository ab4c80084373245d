/** Ships pino's log to OTEL_EXPORTER_OTLP_ENDPOINT. Node loads this file before the application. */
import { register } from 'node:module';
import { diag, DiagConsoleLogger, DiagLogLevel, logs } from '@opentelemetry/api';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { BackpressureLogRecordProcessor } from '@spillway/logs';

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN); // reports on stderr that the collector fails or recovers, or that records are lost

const resource = resourceFromAttributes({ 'service.name': 'shipping' });
const provider = new LoggerProvider({ resource, processors: [new BackpressureLogRecordProcessor()] });
logs.setGlobalLoggerProvider(provider);

// An ES module gets the instrumented pino only if this hook exists when its `import` of pino is resolved. Imports are
// resolved before any statement runs, so `import './telemetry.ts'` on the first line of the application comes too late:
// no record is shipped, and there is no warning. With `node --import`, this file runs before any import of the
// application.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
registerInstrumentations({ instrumentations: [new PinoInstrumentation()] });

process.once('beforeExit', () => void provider.shutdown()); // ships the records that are left, which takes at most 10 s
