/** Ships metrics and spans to OTEL_EXPORTER_OTLP_ENDPOINT. Node loads this file before the application. */
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { start } from '@spillway/node';

start({
  serviceName: 'tickets',
  instrumentations: [
    new HttpInstrumentation(), // a span and a measurement of each request
    new RuntimeNodeInstrumentation(), // event loop, heap and garbage collection
  ],
});
