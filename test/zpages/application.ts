/** An application with one pipeline and its live page, which does what it is told. Its only argument is the URL for spans. */
import { serveZpages } from '@spillway/zpages';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import type { ApplicationCommand, ApplicationMessage } from './application-protocol.ts';
import { span } from '../browser/page-items.ts';

const say = (message: ApplicationMessage): void => void process.send?.(message);

const processor = new BackpressureSpanProcessor({
  exporter: new OtlpSpanExporter({ url: process.argv[2], headers: { authorization: 'Bearer secret-of-the-header' } }),
  maxQueueSize: 400,
  maxExportBatchSize: 50,
  maxConcurrentExports: 1,
  scheduledDelayMillis: 100,
  strategy: 'drop_newest',
});
const page = serveZpages({ port: 0, name: 'order-shop' });
let load: NodeJS.Timeout | undefined;

process.on('message', (command: ApplicationCommand) => {
  switch (command.kind) {
    case 'load':
      clearInterval(load);
      if (command.perSecond > 0) load = setInterval(() => make(command.perSecond / 20), 50);
      return;
    case 'make':
      return make(command.count);
    case 'block': {
      const end = performance.now() + command.millis;
      while (performance.now() < end);
      return;
    }
    case 'tell':
      return say({ kind: 'metrics', metrics: processor.getMetrics() });
  }
});
process.on('disconnect', () => process.exit());

function make(count: number): void {
  for (let made = 0; made < count; made += 1) processor.onEnd(span());
}

say({ kind: 'serving', url: await page.listening() });
