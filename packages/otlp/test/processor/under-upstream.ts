import type { ExportResultLike } from '@spillway/otlp';
import { describe, expect, it } from 'vitest';
import type { ProcessorSetup } from './processor-setup.ts';

/** The OTLP exporter on its own: it must do under the processors that an application has already. */
export function describeUnderUpstream<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe("the OTLP exporter under upstream's processor", () => {
    it('delivers, and repeats what failed in passing', async () => {
      setup.collector.queueFaults({ kind: 'status', code: 503 });
      const source = subject.sourceWith([subject.upstreamProcessor(setup.otlpExporter())]);
      setup.emit(source, 3);
      await source.shutdown();
      expect(setup.collector.counts()).toMatchObject({ unique: 3, duplicates: 0, requests: 2 });
    });

    it('without a time limit delivers all the same', async () => {
      const source = subject.sourceWith([subject.upstreamProcessor(setup.otlpExporter({ timeoutMillis: 0 }))]);
      setup.emit(source, 3);
      await source.shutdown();
      expect(setup.collector.counts().unique).toBe(3);
    });

    it('reports a final failure, and halves what is too large', async () => {
      const exporter = setup.otlpExporter();
      const items = await setup.madeItems(40);
      const result = () => new Promise<ExportResultLike>((resolve) => exporter.export([...items], resolve));

      setup.collector.queueFaults({ kind: 'status', code: 400 });
      expect(await result()).toMatchObject({ code: 1 });
      setup.collector.setFault({ kind: 'max-body', bytes: 1_000 });
      expect(await result()).toEqual({ code: 0 });
      expect(setup.collector.counts().unique).toBe(40);
      await exporter.shutdown();
      expect(await result()).toMatchObject({ code: 1 });
    });
  });
}
