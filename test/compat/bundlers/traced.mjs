// An application that makes an item of each signal, and ends as its variable says.
import { logs, metrics, trace } from '@opentelemetry/api';

trace.getTracer('shop').startSpan('order').end();
logs.getLogger('shop').emit({ body: 'order placed' });
metrics.getMeter('shop').createCounter('orders').add(1);
if (process.env.END === 'exit') process.exit(3);
if (process.env.END === 'page') {
  // Until the page is served.
  const hold = setTimeout(() => {}, 50_000);
  const { write } = process.stderr;
  process.stderr.write = (text, ...more) => {
    if (text.includes('live page')) clearTimeout(hold);
    return write.call(process.stderr, text, ...more);
  };
}
