/** Reads a price list. Its log goes to the console as lines and to OTEL_EXPORTER_OTLP_ENDPOINT as records. */
import { type Attributes, diag, DiagConsoleLogger, DiagLogLevel, SeverityNumber } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { BackpressureLogRecordProcessor } from '@spillway/logs';
import { ConsoleLineExporter } from './console-line-exporter.ts';

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN); // reports on stderr that the collector fails or recovers, or that records are lost

const provider = new LoggerProvider({
  resource: resourceFromAttributes({ 'service.name': 'price-list' }),
  processors: [
    new SimpleLogRecordProcessor({ exporter: new ConsoleLineExporter() }), // immediately, whatever the collector does
    new BackpressureLogRecordProcessor({ drainTimeoutMillis: 1_000 }), // a developer does not want to wait longer for an absent collector
  ],
});
const logger = provider.getLogger('price-list');

function log(severityText: 'INFO' | 'WARN' | 'ERROR', body: string, attributes: Attributes, exception?: unknown): void {
  logger.emit({ severityNumber: SeverityNumber[severityText], severityText, body, attributes, exception });
}

const lines = ['tea;4.20', 'salt;', 'pepper;cheap', 'coffee;9.80'];

log('INFO', 'reading prices', { lines: lines.length });
for (const [index, line] of lines.entries()) {
  const [article = '', price = ''] = line.split(';');
  if (price === '') log('WARN', 'no price', { article, line: index + 1 });
  else if (Number.isNaN(Number(price)))
    log('ERROR', 'price not read', { article, line: index + 1 }, new TypeError(`${price} is no number`));
  else log('INFO', 'price read', { article, price: Number(price) });
}
await provider.shutdown();
