/** Ships spans and what pino logs to where OTEL_EXPORTER_OTLP_ENDPOINT says. Node loads it before the application. */
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { start } from '@spillway/node';

start({
  serviceName: 'parcels',
  instrumentations: [
    new HttpInstrumentation(), // the span of a request
    new FastifyOtelInstrumentation({ registerOnInitialization: true }), // its route, and spans of hooks and handlers
    new PinoInstrumentation(), // the log, with the span that is active
  ],
});
