import { context, diag, type DiagLogger } from '@opentelemetry/api';
import { type Logger, SeverityNumber } from '@opentelemetry/api-logs';
import { suppressTracing } from '@opentelemetry/core';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../../test/collector/src/index.ts';
import { HeldExporter } from '../../pipeline/test/processor/scripted-exporter.ts';
import { OtlpLogRecordExporter, type ReadableLogRecordLike } from '../src/index.ts';
import { lawfulProcessor } from './lawful-processor.ts';
import { makeLogRecord } from './make-log-record.ts';

/** An exporter that logs what it does, through a logger whose records it exports itself. */
class TalkativeExporter extends HeldExporter<ReadableLogRecordLike> {
  logger: Logger | undefined;

  override export(...[records, done]: Parameters<HeldExporter<ReadableLogRecordLike>['export']>): void {
    this.logger?.emit({ body: 'about to send' });
    setTimeout(() => {
      this.logger?.emit({ body: 'sent, after a while' });
      super.export(records, done);
    }, 5);
  }
}

function loggerOf(processor: ReturnType<typeof lawfulProcessor>): Logger {
  return new LoggerProvider({ processors: [processor] }).getLogger('http-client');
}

afterEach(() => diag.disable());

// No context manager is registered here, as is usual in an application that has logs but no traces.
describe('a record that an export logs', () => {
  it('is recognised, dropped and counted, even if it is logged later', async () => {
    const exporter = new TalkativeExporter();
    exporter.release();
    const processor = lawfulProcessor({ exporter });
    const logger = loggerOf(processor);
    exporter.logger = logger;
    logger.emit({ body: 'order placed' });
    await processor.forceFlush();
    expect(exporter.exported.map(({ body }) => body)).toEqual(['order placed']);
    expect(processor.getMetrics()).toMatchObject({ eventsOffered: 3, eventsFlushed: 1 });
    expect(processor.getMetrics().droppedByReason.feedback).toBe(2);
  });

  it('is distinguished from records that the application logs meanwhile', async () => {
    const exporter = new TalkativeExporter();
    exporter.release();
    const processor = lawfulProcessor({ exporter });
    const logger = loggerOf(processor);
    exporter.logger = logger;
    logger.emit({ body: 'first' });
    const flushed = processor.forceFlush();
    await new Promise((resolve) => setTimeout(resolve, 2));
    logger.emit({ body: 'second' });
    await flushed;
    await processor.forceFlush();
    expect(exporter.exported.map(({ body }) => body)).toEqual(['first', 'second']);
  });

  it('is distinguished from records that the application logs while it suppresses its own tracing', async () => {
    const exporter = new HeldExporter<ReadableLogRecordLike>();
    exporter.release();
    const processor = lawfulProcessor({ exporter });
    const suppressed = suppressTracing(context.active());
    context.with(suppressed, () =>
      loggerOf(processor).emit({
        body: 'health check failed',
        severityNumber: SeverityNumber.ERROR,
        context: suppressed,
      }),
    );
    await processor.forceFlush();
    expect(exporter.exported.map(({ body }) => body)).toEqual(['health check failed']);
  });
});

describe('if diag is wired to the logs SDK', () => {
  async function withWiredDiag(
    run: (collector: Collector, processor: ReturnType<typeof lawfulProcessor>, said: string[]) => Promise<void>,
  ): Promise<void> {
    await using collector = await startCollector();
    const processor = lawfulProcessor({
      exporter: new OtlpLogRecordExporter({ url: `${collector.url}/v1/logs` }),
      maxQueueSize: 4,
      maxExportBatchSize: 1,
      retry: { initialBackoffMs: 5, maxBackoffMs: 5 },
    });
    const logger = loggerOf(processor);
    const said: string[] = [];
    const emit = (body: string): void => {
      said.push(body);
      logger.emit({ body, severityNumber: SeverityNumber.FATAL });
    };
    diag.setLogger({ error: emit, warn: emit, info: emit, debug: emit, verbose: emit } satisfies DiagLogger, {
      suppressOverrideMessage: true,
    });
    said.length = 0;
    await run(collector, processor, said);
  }

  it('the lines about failing exports do not come back into the pipeline', () =>
    withWiredDiag(async (collector, processor, said) => {
      collector.queueFaults({ kind: 'status', code: 503 }, { kind: 'status', code: 503 });
      processor.onEmit(makeLogRecord({ body: 'order placed' }));
      await processor.forceFlush();
      expect(said).toEqual([expect.stringContaining('an export failed'), expect.stringContaining('succeed again')]);
      expect(collector.logRecords().map(({ logRecord }) => logRecord.body?.stringValue)).toEqual(['order placed']);
      expect(processor.getMetrics().droppedByReason.feedback).toBe(2);
    }));

  it('the lines about a full queue do not evict the records in it', () =>
    withWiredDiag(async (collector, processor, said) => {
      collector.setFault({ kind: 'hang' });
      for (let index = 0; index < 6; index += 1) processor.onEmit(makeLogRecord({ body: `order ${index}` }));
      expect(said).toEqual(expect.arrayContaining([expect.stringContaining('-> blocked')]));
      expect(processor.getMetrics()).toMatchObject({ bufferSize: 4, eventsEvicted: 2 });
      expect(processor.getMetrics().droppedByReason.feedback).toBe(said.length);
      collector.setFault(undefined);
    }));

  it('the line about an attribute that is left out does not cost the record', () =>
    withWiredDiag(async (collector, processor, said) => {
      processor.onEmit(makeLogRecord({ attributes: { handler: () => {}, id: 7 } }));
      await processor.forceFlush();
      expect(said).toEqual([expect.stringContaining('"handler" cannot be encoded')]);
      expect(collector.logRecords()[0]?.logRecord.attributes.map(({ key }) => key)).toEqual(['id']);
      expect(processor.getMetrics()).toMatchObject({ eventsOffered: 2, eventsFlushed: 1 });
      expect(processor.getMetrics().droppedByReason).toMatchObject({ feedback: 1, unencodable: 0 });
    }));
});
