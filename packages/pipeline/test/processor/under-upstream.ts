import { diag } from '@opentelemetry/api';
import type { ExportResultLike, OtlpExporter } from '@spillway/pipeline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { refusedUrl } from '../../../otlp/test/transport/local-server.ts';
import { isPending, type ProcessorSetup, withFields } from './processor-setup.ts';
import { recordingExporter } from './scripted-exporter.ts';

/** The OTLP exporter on its own: it must work under the processors that an application already has. */
export function describeUnderUpstream<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;
  const exported = (exporter: OtlpExporter<Item>, items: readonly Item[]) =>
    new Promise<ExportResultLike>((resolve) => exporter.export([...items], resolve));
  const saidThroughDiag = (level: 'warn' | 'error') => {
    const spy = vi.spyOn(diag, level).mockReturnValue();
    onTestFinished(() => spy.mockRestore());
    return spy;
  };

  describe("the OTLP exporter under upstream's processor", () => {
    it('delivers, and retries after a temporary failure', async () => {
      setup.collector.queueFaults({ kind: 'status', code: 503 });
      const source = subject.sourceWith([subject.upstreamProcessor(setup.otlpExporter())]);
      setup.emit(source, 3);
      await source.shutdown();
      expect(setup.collector.counts()).toMatchObject({ unique: 3, duplicates: 0, requests: 2 });
    });

    it('calls its headers function again when the collector denies the credentials, and retries', async () => {
      let asked = 0;
      const exporter = setup.otlpExporter({ headers: () => ({ 'x-asked': String((asked += 1)) }) });
      setup.collector.queueFaults({ kind: 'status', code: 401 }, { kind: 'status', code: 403 });
      expect(await exported(exporter, await setup.madeItems(3))).toEqual({ code: 0 });
      expect(setup.collector.requests.map(({ headers }) => headers['x-asked'])).toEqual(['1', '2', '3']);
      await exporter.shutdown();
    });

    it('retries after a denial if its fixed headers were accepted before, and otherwise fails immediately', async () => {
      const exporter = setup.otlpExporter();
      const items = await setup.madeItems(3);
      setup.collector.queueFaults({ kind: 'status', code: 401 });
      expect(await exported(exporter, items)).toMatchObject({
        code: 1,
        error: { message: expect.stringContaining('answered 401') },
      });
      expect(await exported(exporter, items)).toEqual({ code: 0 });
      setup.collector.queueFaults({ kind: 'status', code: 401 }, { kind: 'status', code: 401 });
      expect(await exported(exporter, items)).toEqual({ code: 0 });
      expect(setup.collector.counts().requests).toBe(5);
      await exporter.shutdown();
    });

    it('also delivers without a time limit', async () => {
      const source = subject.sourceWith([subject.upstreamProcessor(setup.otlpExporter({ timeoutMillis: 0 }))]);
      setup.emit(source, 3);
      await source.shutdown();
      expect(setup.collector.counts().unique).toBe(3);
    });

    it('reports a final failure, and splits a request that is too large', async () => {
      const exporter = setup.otlpExporter();
      const items = await setup.madeItems(40);
      const result = () => exported(exporter, items);

      setup.collector.queueFaults({ kind: 'status', code: 400 });
      expect(await result()).toMatchObject({ code: 1 });
      setup.collector.setFault({ kind: 'max-body', bytes: 1_000 });
      expect(await result()).toEqual({ code: 0 });
      expect(setup.collector.counts().unique).toBe(40);
      await exporter.shutdown();
      expect(await result()).toMatchObject({ code: 1 });
    });

    it('retries after a broken connection', async () => {
      const exporter = setup.otlpExporter();
      setup.collector.queueFaults({ kind: 'reset' });
      expect(await exported(exporter, await setup.madeItems(3))).toEqual({ code: 0 });
      expect(setup.collector.counts()).toMatchObject({ unique: 3, requests: 2 });
      await exporter.shutdown();
    });

    it('does not wait beyond its time limit if the collector asks for longer', async () => {
      const exporter = setup.otlpExporter({ timeoutMillis: 5_000 });
      setup.collector.setFault({ kind: 'status', code: 503, retryAfter: '60' });
      expect(await exported(exporter, await setup.madeItems(3))).toMatchObject({ code: 1 });
      expect(setup.collector.counts().requests).toBe(1);
      await exporter.shutdown();
    });

    it('refuses an export beyond its concurrencyLimit, and accepts the next one as soon as there is a result', async () => {
      const exporter = setup.otlpExporter({ concurrencyLimit: 1 });
      const items = await setup.madeItems(3);
      const first = exported(exporter, items);
      expect(await exported(exporter, items)).toMatchObject({
        code: 1,
        error: { message: 'Concurrent export limit reached' },
      });
      expect(await first).toEqual({ code: 0 });
      const next = new Promise((resolve) => exporter.export([...items], () => exporter.export([...items], resolve)));
      expect(await next).toEqual({ code: 0 });
      await exporter.shutdown();
    });

    it('logs how many items could not be encoded and how many the collector rejected, and delivers the others', async () => {
      const warn = saidThroughDiag('warn');
      const exporter = setup.otlpExporter();
      const items = await setup.madeItems(4);
      setup.collector.setFault({ kind: 'partial-success', rejected: 1 });
      const [first, ...others] = items;
      expect(await exported(exporter, [withFields(first as Item, { instrumentationScope: null }), ...others])).toEqual({
        code: 0,
      });
      await exporter.shutdown();
      expect(warn.mock.calls.flat()).toEqual([
        expect.stringMatching(/^\w+: lost 2 items: 1 unencodable, 1 rejected\. Last cause: .* rejected 1 items/),
      ]);
    });

    it('fails an export of an item whose resource cannot be read', async () => {
      const exporter = setup.otlpExporter();
      const hostile = Object.defineProperty({}, 'resource', {
        get: () => {
          throw new Error('hostile');
        },
      }) as Item;
      expect(await exported(exporter, [hostile])).toMatchObject({
        code: 1,
        error: { message: expect.stringContaining('hostile') },
      });
      await exporter.shutdown();
    });

    it('logs the error of a result callback, and goes on', async () => {
      const error = saidThroughDiag('error');
      const exporter = setup.otlpExporter();
      const items = await setup.madeItems(3);
      exporter.export([...items], () => {
        throw new Error('callback');
      });
      await exporter.forceFlush();
      expect(error).toHaveBeenCalledWith(expect.stringMatching(/^the result callback of an export threw: .*callback/));
      expect(await exported(exporter, items)).toEqual({ code: 0 });
      await exporter.shutdown();
    });

    it('logs through diag, with its name, which variable it ignores', () => {
      const warn = saidThroughDiag('warn');
      vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'zip');
      setup.otlpExporter();
      expect(warn).toHaveBeenCalledWith(
        expect.stringMatching(/^Otlp\w+Exporter: OTEL_EXPORTER_OTLP_COMPRESSION="zip" is ignored/),
      );
    });

    it('aborts an export without a time limit that is not answered for ten seconds of a shutdown', async () => {
      const warn = saidThroughDiag('warn');
      const exporter = setup.otlpExporter({ timeoutMillis: 0 });
      const items = await setup.madeItems(3);
      setup.collector.setFault({ kind: 'hang' });
      const result = exported(exporter, items);
      await vi.waitFor(() => expect(setup.collector.counts().requests).toBe(1));
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
      const shutdown = exporter.shutdown();
      await vi.advanceTimersByTimeAsync(9_999);
      expect(await isPending(shutdown)).toBe(true);
      await vi.advanceTimersByTimeAsync(1);
      await shutdown;
      expect(await result).toMatchObject({ code: 1 });
      expect(warn).toHaveBeenCalledWith(
        'OTLP exporter: forceFlush took longer than 10000 ms; the exports still in flight are aborted',
      );
    });

    it('aborts retries at a shutdown if the collector was never there', async () => {
      const exporter = setup.otlpExporter({ url: await refusedUrl(), timeoutMillis: 20_000 });
      const result = exported(exporter, await setup.madeItems(3));
      const startedAt = performance.now();
      await exporter.shutdown();
      expect(await result).toMatchObject({ code: 1, error: { message: expect.stringContaining('ECONNREFUSED') } });
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    });

    it('sends items without the attributes of a detector that hangs', async () => {
      const recording = recordingExporter<Item>();
      const processor = setup.processorWith({ exporter: recording });
      setup.emit(subject.sourceWith([processor], setup.resourceOfHangingDetector()), 2);
      await processor.forceFlush({ timeoutMillis: 100 });

      const exporter = setup.otlpExporter({ timeoutMillis: 500 });
      expect(await exported(exporter, recording.exported)).toEqual({ code: 0 });
      expect(setup.receivedResources()).toHaveLength(2);
      await exporter.shutdown();
    });

    it('waits at a shutdown for the exports in flight, and shuts down once', async () => {
      const exporter = setup.otlpExporter();
      const items = await setup.madeItems(3);
      setup.collector.setFault({ kind: 'latency', millis: 50 });
      const result = exported(exporter, items);
      await Promise.all([exporter.shutdown(), exporter.shutdown()]);
      expect(setup.collector.counts().unique).toBe(3);
      expect(await result).toEqual({ code: 0 });
    });
  });
}
