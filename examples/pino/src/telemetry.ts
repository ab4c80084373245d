/** Ships what pino logs to where OTEL_EXPORTER_OTLP_ENDPOINT says. Node loads it before the application. */
import { register } from 'node:module';
import { diag, DiagConsoleLogger, DiagLogLevel, logs } from '@opentelemetry/api';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { BackpressureLogRecordProcessor } from '@spillway/logs';

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN); // on stderr: the collector fails, recovers, records are given up

const resource = resourceFromAttributes({ 'service.name': 'shipping' });
const provider = new LoggerProvider({ resource, processors: [new BackpressureLogRecordProcessor()] });
logs.setGlobalLoggerProvider(provider);

// An ES module gets the instrumented pino only if this hook is there when its `import` of pino is resolved. Imports are
// resolved before any statement runs, so `import './telemetry.ts'` on the first line of the application comes too late,
// and says nothing: no record is shipped. With `node --import` this file runs before any import of the application.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
registerInstrumentations({ instrumentations: [new PinoInstrumentation()] });

process.once('beforeExit', () => void provider.shutdown()); // ships what is left, for 10 s at most
