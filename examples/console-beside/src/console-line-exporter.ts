import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';

/** Prints a log record as a line for a developer. */
export class ConsoleLineExporter implements LogRecordExporter {
  export(records: ReadableLogRecord[], done: (result: { code: 0 }) => void): void {
    for (const record of records) console.log(lineOf(record));
    done({ code: 0 });
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function lineOf({
  hrTime: [seconds, nanos],
  severityText = '',
  eventName,
  body,
  attributes,
}: ReadableLogRecord): string {
  const time = new Date(seconds * 1e3 + nanos / 1e6).toISOString().slice(11, 23);
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? eventName);
  const pairs = Object.entries(attributes).filter(([key]) => key !== 'exception.stacktrace');
  return [time, severityText.padEnd(5), text, ...pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`)].join(
    ' ',
  );
}
