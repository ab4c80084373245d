import { type MeterProvider, metrics, TraceFlags } from '@opentelemetry/api';
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureMetricReader, OtlpMetricExporter } from '@spillway/metrics';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Collector, startCollector } from '../../../../test/collector/src/index.ts';
import { makeLogRecord } from '../../../logs/test/make-log-record.ts';
import { collectGarbage } from '../../../otlp/test/buffer/collect-garbage.ts';
import { MemorySpool } from '../spool/memory-spool.ts';
import conventions from './semantic-conventions-1.44.0.json' with { type: 'json' };
import { type ProviderOf, Watch } from './watching-reader.ts';

/** Those of the conventions that belong to the SDK itself: its tracers and loggers. */
const OF_THE_SDK = ['otel.sdk.span.live', 'otel.sdk.span.started', 'otel.sdk.log.created'];

const KIND: Readonly<Record<string, string>> = { '0': 'histogram', '2': 'gauge' };

/** What self-metrics do on every line of the SDK. */
export function describeSelfMetrics(line: string, providerOf: ProviderOf): void {
  describe(`self-metrics with SDK ${line}`, () => {
    let collector: Collector;
    let watch: Watch;
    const open: { shutdown(): Promise<void> }[] = [];

    beforeEach(async () => {
      collector = await startCollector();
      watch = new Watch(providerOf);
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((part) => part.shutdown()));
      await watch.provider.shutdown();
      await collector.close();
      metrics.disable();
    });

    const kept = <T extends { shutdown(): Promise<void> }>(part: T): T => {
      open.push(part);
      return part;
    };
    const url = (signal: string): string => `${collector.url}/v1/${signal}`;
    const spansTo = (options: ConstructorParameters<typeof BackpressureSpanProcessor>[0] = {}) =>
      kept(
        new BackpressureSpanProcessor({
          exporter: new OtlpSpanExporter({ url: url('traces') }),
          selfObsMeterProvider: watch.provider,
          strategy: 'drop_newest',
          drainTimeoutMillis: 300,
          ...options,
        }),
      );

    it('are those of the semantic conventions: names, kinds, units and attributes', async () => {
      const spans = spansTo();
      const logs = kept(
        new BackpressureLogRecordProcessor({
          exporter: new OtlpLogRecordExporter({ url: url('logs') }),
          selfObsMeterProvider: watch.provider,
        }),
      );
      const reader = new BackpressureMetricReader({
        exporter: new OtlpMetricExporter({ url: url('metrics') }),
        selfObsMeterProvider: watch.provider,
      });
      const provider = kept(providerOf([reader]));
      provider.getMeter('shop').createCounter('orders').add(1);
      spans.onEnd(makeSpan());
      logs.onEmit(makeLogRecord());
      await Promise.all([spans.forceFlush(), logs.forceFlush(), reader.forceFlush()]);
      collector.queueFaults({ kind: 'status', code: 400 });
      spans.onEnd(makeSpan());
      await spans.forceFlush();

      const collected = (await watch.collect()).filter(({ descriptor }) => descriptor.name.startsWith('otel.'));
      expect(collected.map(({ descriptor }) => descriptor.name).toSorted()).toEqual(
        conventions.metrics
          .map(({ name }) => name)
          .filter((name) => !OF_THE_SDK.includes(name))
          .toSorted(),
      );
      for (const { descriptor, dataPointType, isMonotonic, dataPoints } of collected) {
        const model = conventions.metrics.find(({ name }) => name === descriptor.name);
        const kind = KIND[dataPointType] ?? (isMonotonic === true ? 'counter' : 'updowncounter');
        expect([descriptor.name, kind, descriptor.unit]).toEqual([model?.name, model?.kind, model?.unit]);
        for (const { attributes } of dataPoints)
          expect(model?.attributes).toEqual(expect.arrayContaining(Object.keys(attributes)));
        expect(dataPoints.length, descriptor.name).toBeGreaterThan(0);
      }
    });

    it('name their components by the conventions, or by the class, with a number', async () => {
      spansTo();
      spansTo();
      const points = (await watch.collect()).flatMap(({ dataPoints }) => dataPoints);
      const names = [...new Set(points.map(({ attributes }) => String(attributes['otel.component.name'])))];
      expect(names).toHaveLength(4);
      for (const { attributes } of points) {
        const type = String(attributes['otel.component.type']);
        expect(attributes['otel.component.name']).toMatch(new RegExp(`^${type}/\\d+$`));
        expect([...conventions.componentTypes, 'BackpressureSpanProcessor']).toContain(type);
        const server = [attributes['server.address'], attributes['server.port']];
        const { hostname, port } = new URL(collector.url);
        expect(server).toEqual(type.endsWith('exporter') ? [hostname, Number(port)] : [undefined, undefined]);
      }
    });

    it('count an item as processed when it is taken, and once however often it is sent', async () => {
      const spans = spansTo({ maxQueueSize: 100 });
      for (let span = 0; span < 10; span += 1) spans.onEnd(makeSpan());
      expect(await watch.values('otel.sdk.processor.span.queue.size')).toEqual(['10']);
      expect(await watch.values('otel.sdk.processor.span.queue.capacity')).toEqual(['100']);
      expect(await watch.values('otel.sdk.processor.span.processed')).toEqual(['0', 'error.type=queue_full 0']);
      collector.setFault({ kind: 'status', code: 504 });
      const flushed = spans.forceFlush();
      await collector.until((now) => now.counts().requests >= 3);
      expect(await watch.values('otel.sdk.processor.span.queue.size')).toEqual(['0']);
      expect(await watch.values('otel.sdk.exporter.span.inflight')).toEqual(['10']);
      expect(await watch.values('otel.sdk.exporter.span.exported')).toEqual(['0']);
      collector.setFault(undefined);
      await flushed;
      expect(await watch.values('otel.sdk.processor.span.processed')).toEqual(['10', 'error.type=queue_full 0']);
      expect(await watch.values('otel.sdk.exporter.span.inflight')).toEqual(['0']);
      expect(await watch.values('otel.sdk.exporter.span.exported')).toEqual(['10']);
      // Operations that failed and were repeated are none of their own. Probes carry less than the whole batch.
      const [failures, successes] = await watch.values('spillway.request.duration');
      expect(failures).toMatch(/^http.response.status_code=504 error.type=504 \d+$/);
      expect(await watch.values('otel.sdk.exporter.operation.duration')).toEqual([successes]);
      expect(lastNumber(failures) + lastNumber(successes)).toBe(collector.counts().requests);
      expect(Number((await watch.values('spillway.item.retried'))[0])).toBeGreaterThanOrEqual(20);
    });

    it('say why items were lost: before they were taken, and after', async () => {
      const spans = spansTo({ maxQueueSize: 4 });
      for (let span = 0; span < 6; span += 1) spans.onEnd(makeSpan());
      collector.queueFaults({ kind: 'status', code: 400 });
      await spans.forceFlush();
      for (let span = 0; span < 3; span += 1) spans.onEnd(makeSpan());
      collector.queueFaults({ kind: 'partial-success', rejected: 1 });
      await spans.forceFlush();
      expect(await watch.values('otel.sdk.processor.span.processed')).toEqual(['7', 'error.type=queue_full 2']);
      expect(await watch.values('otel.sdk.exporter.span.exported')).toEqual([
        '2',
        'error.type=400 4',
        'error.type=rejected 1',
      ]);
      expect(await watch.values('otel.sdk.exporter.operation.duration')).toEqual([
        'http.response.status_code=400 error.type=400 1',
        'http.response.status_code=200 error.type=rejected 1',
      ]);
      const dropped = (await watch.values('spillway.item.dropped')).filter((value) => !value.endsWith(' 0'));
      expect(dropped).toEqual(['spillway.drop.reason=queue_full 2', 'spillway.drop.reason=rejected 5']);
    });

    it('tell the state, and what presses', async () => {
      const spans = spansTo({ maxQueueSize: 10 });
      for (let span = 0; span < 9; span += 1) spans.onEnd(makeSpan());
      expect(await watch.values('spillway.pipeline.state')).toEqual([
        'spillway.state=normal 0',
        'spillway.state=elevated 0',
        'spillway.state=critical 1',
        'spillway.state=blocked 0',
        'spillway.state=draining 0',
      ]);
      const [items, bytes, pressure] = await watch.values('spillway.pipeline.utilization');
      expect([items, pressure]).toEqual([
        'spillway.utilization.source=items 0.9',
        'spillway.utilization.source=pressure 0',
      ]);
      expect(bytes).toMatch(/^spillway.utilization.source=bytes 0\.0000/);
      expect(await watch.values('spillway.pipeline.memory.usage')).toEqual([String(spans.getMetrics().bufferBytes)]);
    });

    it('show what the spool holds, and nothing without a spool', async () => {
      spansTo();
      const spans = spansTo({ spool: new MemorySpool(), maxQueueSize: 50, maxExportBatchSize: 10 });
      collector.setFault({ kind: 'status', code: 503 });
      for (let span = 0; span < 300; span += 1) spans.onEnd(makeSpan());
      const { spool, eventsSpilled } = spans.getMetrics();
      expect(eventsSpilled).toBeGreaterThanOrEqual(250);
      expect(await watch.values('spillway.spool.items')).toEqual([String(eventsSpilled)]);
      expect(await watch.values('spillway.spool.size')).toEqual([String(spool?.bytes)]);

      collector.setFault(undefined);
      await vi.waitFor(() => expect(spans.getMetrics().eventsFlushed).toBe(300), 10_000);
      expect(await watch.values('spillway.spool.items')).toEqual(['0']);
      expect(await watch.values('spillway.spool.size')).toEqual(['0']);
      expect(await watch.values('otel.sdk.exporter.span.exported')).toEqual(['0', '300']);
    });

    it('find a global meter provider that is registered after the processor, in the same turn or much later', async () => {
      const early = spansTo({ selfObsMeterProvider: 'global' });
      metrics.setGlobalMeterProvider(watch.provider);
      await new Promise((resolve) => setTimeout(resolve, 5));
      early.onEnd(makeSpan());
      expect(await watch.values('otel.sdk.processor.span.queue.size')).toEqual(['1']);

      metrics.disable();
      const later = new Watch(providerOf);
      kept(later.provider);
      metrics.setGlobalMeterProvider(later.provider);
      await early.forceFlush();
      expect(await later.values('otel.sdk.exporter.span.exported')).toEqual(['1']);
      expect(await watch.values('otel.sdk.exporter.span.exported'), 'the one before is told nothing more').toEqual([
        '0',
      ]);
    });

    it('ask a function for the provider until it has one', async () => {
      let provider: MeterProvider | undefined;
      const spans = spansTo({ selfObsMeterProvider: () => provider });
      spans.onEnd(makeSpan());
      await spans.forceFlush();
      provider = watch.provider;
      spans.onEnd(makeSpan());
      await spans.forceFlush();
      expect(await watch.values('otel.sdk.exporter.span.exported')).toEqual(['2']);
    });

    it('are recorded nowhere by default', async () => {
      metrics.setGlobalMeterProvider(watch.provider);
      const spans = spansTo({ selfObsMeterProvider: undefined });
      spans.onEnd(makeSpan());
      await spans.forceFlush();
      expect(await watch.collect()).toEqual([]);
    });

    it.each<[string, () => unknown]>([
      ['throws', () => fail('no meter')],
      ['is no provider at all', () => ({})],
      ['has a meter that throws', () => ({ getMeter: () => fail('no instrument') })],
      ['has instruments that throw', () => meterOf(() => ({ record: () => fail('no value') }))],
    ])('cost no item if the provider %s', async (_, provider) => {
      const spans = spansTo({ selfObsMeterProvider: provider as () => MeterProvider });
      for (let span = 0; span < 3; span += 1) {
        spans.onEnd(makeSpan());
        // oxlint-disable-next-line no-await-in-loop -- several exports, one after the other
        await spans.forceFlush();
      }
      expect(collector.spans()).toHaveLength(3);
      expect(spans.getMetrics()).toMatchObject({ eventsFlushed: 3, eventsDropped: 0, eventsFailed: 0 });
    });

    it('may be collected in the midst of a push', async () => {
      const spans = spansTo();
      let collected: Promise<readonly string[]> | undefined;
      spans.onEnd(
        makeSpan({
          get name() {
            collected ??= watch.values('otel.sdk.processor.span.queue.size');
            return 'order';
          },
        }),
      );
      expect(await collected).toHaveLength(1);
      await spans.forceFlush();
      expect(collector.spans()).toHaveLength(1);
    });

    it('do not keep a processor in memory that is dropped without a shutdown', async () => {
      const dropped = droppedProcessor();
      for (let turn = 0; turn < 50 && dropped.deref() !== undefined; turn += 1) {
        // oxlint-disable-next-line no-await-in-loop -- garbage is collected in its own time
        await new Promise((resolve) => setTimeout(resolve, 10));
        collectGarbage();
      }
      expect(dropped.deref()).toBeUndefined();
      expect(await watch.values('otel.sdk.processor.span.queue.size')).toEqual([]);
    });

    /** Apart, so that nothing on the stack refers to it. */
    function droppedProcessor(): WeakRef<object> {
      return new WeakRef(
        new BackpressureSpanProcessor({
          exporter: new OtlpSpanExporter({ url: url('traces') }),
          selfObsMeterProvider: watch.provider,
        }),
      );
    }

    it('have the final values after the shutdown', async () => {
      const spans = spansTo({ drainTimeoutMillis: 50 });
      collector.setFault({ kind: 'hang' });
      spans.onEnd(makeSpan());
      await spans.shutdown();
      expect(await watch.values('otel.sdk.exporter.span.exported')).toEqual(['0', 'error.type=drain_timeout 1']);
      expect(await watch.values('otel.sdk.exporter.span.inflight')).toEqual(['0']);
    });

    it('of an exporter alone, under a processor that is not ours, count each of its items', async () => {
      const exporter = kept(
        new OtlpSpanExporter({
          url: url('traces'),
          timeoutMillis: 1_000,
          concurrencyLimit: 1,
          selfObsMeterProvider: watch.provider,
        }),
      );
      const exportOf = (spans: object[]) =>
        new Promise((resolve) => {
          exporter.export(spans as never, resolve);
        });
      await exportOf([makeSpan(), makeSpan()]);
      collector.queueFaults({ kind: 'status', code: 504 }, { kind: 'partial-success', rejected: 1 });
      const retried = exportOf([makeSpan(), makeSpan(), makeSpan()]);
      await exportOf([makeSpan()]);
      expect(await watch.values('otel.sdk.exporter.span.inflight')).toEqual(['3']);
      await retried;
      collector.setFault({ kind: 'status', code: 400 });
      await exportOf([makeSpan(), {}]);
      expect(await watch.values('otel.sdk.exporter.span.inflight')).toEqual(['0']);
      expect(await watch.values('otel.sdk.exporter.span.exported')).toEqual([
        '4',
        'error.type=concurrency_limit 1',
        'error.type=rejected 1',
        'error.type=unencodable 1',
        'error.type=400 1',
      ]);
      expect(await watch.values('otel.sdk.exporter.operation.duration')).toEqual([
        'http.response.status_code=200 1',
        'http.response.status_code=200 error.type=rejected 1',
        'http.response.status_code=400 error.type=400 1',
      ]);
    });

    it('of a foreign exporter are told by the processor, under the name of its class', async () => {
      class ShopExporter {
        results = [{ code: 0 }, { code: 1, error: Object.assign(new Error('no'), { code: 'QUOTA' }) }];
        export(_: object[], done: (result: { code: number }) => void): void {
          done(this.results.shift() ?? { code: 0 });
        }
        async shutdown(): Promise<void> {}
      }
      const spans = spansTo({ exporter: new ShopExporter() });
      for (let span = 0; span < 2; span += 1) {
        spans.onEnd(makeSpan());
        // oxlint-disable-next-line no-await-in-loop -- one export after the other
        await spans.forceFlush();
      }
      expect(await watch.values('otel.sdk.exporter.span.exported', 'ShopExporter/')).toEqual([
        '1',
        'error.type=QUOTA 1',
      ]);
    });

    it('of a reader have the time of its collections, and the name of the error if one fails', async () => {
      const reader = new BackpressureMetricReader({
        exporter: new OtlpMetricExporter({ url: url('metrics') }),
        selfObsMeterProvider: watch.provider,
      });
      const provider = kept(providerOf([reader]));
      const gauge = provider.getMeter('shop').createObservableGauge('stock');
      await reader.forceFlush();
      gauge.addCallback(() => fail('no stock'));
      await reader.forceFlush();
      expect(await watch.values('otel.sdk.metric_reader.collection.duration')).toEqual(['1', 'error.type=Error 1']);
    });

    it('of the reader that exports them do not grow by being exported', async () => {
      let own: MeterProvider | undefined;
      const reader = new BackpressureMetricReader({
        exporter: new OtlpMetricExporter({ url: url('metrics') }),
        selfObsMeterProvider: () => own,
      });
      own = kept(providerOf([reader]));
      await reader.forceFlush();
      const points: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const before = reader.getMetrics().eventsFlushed;
        // oxlint-disable-next-line no-await-in-loop -- one collection after the other
        await reader.forceFlush();
        points.push(reader.getMetrics().eventsFlushed - before);
      }
      expect(points[4]).toBe(points[3]);
      expect(points[3]).toBe(points[2]);
    });

    it.each<[unknown, RegExp]>([
      [{}, /^selfObsMeterProvider must be a MeterProvider, a function that returns one, or 'global', got object$/],
      [null, /got null$/],
      ['local', /got string$/],
    ])('are refused with the option %j', (option, message) => {
      const selfObsMeterProvider = option as MeterProvider;
      expect(() => spansTo({ selfObsMeterProvider })).toThrow(message);
      expect(() => new OtlpSpanExporter({ selfObsMeterProvider })).toThrow(message);
      expect(() => new BackpressureMetricReader({ selfObsMeterProvider })).toThrow(message);
    });

    it('leave nothing at the provider a minute after the shutdown', async () => {
      const callbacks = new Set<unknown>();
      const meter = meterOf(() => ({
        addBatchObservableCallback: (callback: unknown) => callbacks.add(callback),
        removeBatchObservableCallback: (callback: unknown) => callbacks.delete(callback),
      }));
      vi.useFakeTimers();
      onTestFinished(() => void vi.useRealTimers());
      const spans = new BackpressureSpanProcessor({
        exporter: { export: (_: never, done) => done({ code: 0 }), shutdown: async () => {} },
        selfObsMeterProvider: meter as MeterProvider,
      });
      await spans.shutdown();
      expect(callbacks.size).toBe(2);
      await vi.advanceTimersByTimeAsync(61_000);
      for (const callback of [...callbacks] as ((result: object) => void)[]) callback({ observe() {} });
      expect(callbacks.size).toBe(0);
    });
  });
}

function lastNumber(value: string | undefined): number {
  return Number(value?.split(' ').at(-1));
}

function fail(message: string): never {
  throw new Error(message);
}

/** A meter provider whose instruments and meter have only these members. */
function meterOf(members: () => object): object {
  const made = members();
  const create = () => made;
  return {
    getMeter: () => ({
      createHistogram: create,
      createObservableGauge: create,
      createObservableCounter: create,
      createObservableUpDownCounter: create,
      addBatchObservableCallback() {},
      removeBatchObservableCallback() {},
      ...made,
    }),
  };
}

let spanNumber = 0;

/** A sampled span as the SDKs make them. */
function makeSpan(changes: object = {}): never {
  spanNumber += 1;
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: spanNumber.toString(16).padStart(16, '0'),
    traceFlags: TraceFlags.SAMPLED,
  };
  const span = {
    name: 'order',
    kind: 0,
    spanContext: () => spanContext,
    startTime: [1_700_000_000, 0],
    endTime: [1_700_000_001, 0],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: { attributes: { 'service.name': 'shop' } },
    instrumentationScope: { name: 'orders' },
  };
  return Object.defineProperties(span, Object.getOwnPropertyDescriptors(changes)) as never;
}
