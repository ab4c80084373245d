// Started in code, whether or not it was started before. Prints the status.
import { trace } from '@opentelemetry/api';
import { start } from '@spillway/node';

const options = JSON.parse(process.env['OPTIONS'] ?? '{}');
const handle = start(options);
trace.getTracer('shop').startSpan('by hand').end();
await handle.forceFlush();
console.log(JSON.stringify({ status: handle.status(), isSame: start() === handle }));
await handle.shutdown();
