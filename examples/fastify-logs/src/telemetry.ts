/** Ships spans and pino's log to OTEL_EXPORTER_OTLP_ENDPOINT. Node loads this file before the application. */
import { FastifyOtelInstrumentation } from '@fastify/otel';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { start } from '@spillway/node';

start({
  serviceName: 'parcels',
  instrumentations: [
    new HttpInstrumentation(), // the span of a request
    new FastifyOtelInstrumentation({ registerOnInitialization: true }), // its route, and spans of hooks and handlers
    new PinoInstrumentation(), // the log, with the active span
  ],
});
