/** The program of a page that sets itself up as the README of @spillway/web says. */
import { logs, trace } from '@opentelemetry/api';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { registerWeb } from '@spillway/web';

registerWeb({ url: '/', TracerProvider, LoggerProvider });

trace.getTracer('shop').startSpan('GET /cart').end();
logs.getLogger('shop').emit({ body: 'order placed' });
