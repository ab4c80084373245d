import { describe, expect, it } from 'vitest';
import { itemNames, type ProcessorSetup, withFields } from './processor-setup.ts';
import { HeldExporter } from './scripted-exporter.ts';

const HUGE = 'x'.repeat(60_000_000);

/** Items that no SDK should make, but some application does. */
export function describeOddItems<Item extends object>(setup: ProcessorSetup<Item>): void {
  const { subject } = setup;

  describe('an odd item', () => {
    it('loses an attribute that cannot be encoded, and is counted and delivered with the rest', async () => {
      const cyclic: unknown[] = [];
      cyclic.push(cyclic);
      const [item] = await setup.madeItems(1);
      const processor = setup.processorWith();
      subject.give(processor, withFields(item as Item, { attributes: { cyclic, fine: 1 } }));
      await processor.forceFlush();

      const [received] = subject.received(setup.collector);
      expect(received?.attributes.map(({ key }) => key)).toEqual(['fine']);
      expect(received?.droppedAttributesCount).toBe(1);
    });

    it('that cannot be read is counted, and does not throw into the application', () => {
      const processor = setup.processorWith();
      const hostile = new Proxy(
        {},
        {
          get() {
            throw new Error('hostile');
          },
        },
      );
      subject.give(processor, hostile as Item);
      expect(processor.getMetrics().droppedByReason.unencodable).toBe(1);
    });

    it.each([
      ['null', null],
      ['undefined', undefined],
      [
        'an object whose attributes cannot be read',
        {
          get asyncAttributesPending(): boolean {
            throw new Error('hostile');
          },
          get attributes(): object {
            throw new Error('hostile');
          },
        },
      ],
    ])('does not stop the others if its resource is %s', async (_, resource) => {
      const [item] = await setup.madeItems(1);
      const processor = setup.processorWith();
      subject.give(processor, withFields(item as Item, { resource }));
      setup.emitTo(processor, 3, 'good');
      await processor.forceFlush();
      expect(setup.receivedNames).toEqual(expect.arrayContaining(itemNames(3, 'good')));
      expect(setup.collector.counts().unique).toBeGreaterThanOrEqual(3);
      expect(processor.getMetrics().eventsRetried).toBe(0);
    });

    it.each([null, undefined, 'orders'])(
      'is counted and does not stop the others if its instrumentation scope is %s',
      async (instrumentationScope) => {
        const [item] = await setup.madeItems(1);
        const processor = setup.processorWith();
        subject.give(processor, withFields(item as Item, { instrumentationScope }));
        setup.emitTo(processor, 3, 'good');
        await processor.forceFlush();
        expect(setup.receivedNames).toEqual(itemNames(3, 'good'));
        expect(processor.getMetrics().droppedByReason.unencodable).toBe(1);
      },
    );

    it.each([
      ['scope', (index: number) => ({ instrumentationScope: { name: `${index}${'x'.repeat(50_000)}` } })],
      ['resource', (index: number) => ({ resource: { attributes: { text: `${index}${'x'.repeat(50_000)}` } } })],
    ])(
      'with its own large %s, again and again, evicts older items, because all held bytes count against the limit',
      async (_, fields) => {
        const [item] = await setup.madeItems(1);
        const processor = setup.processorWith({
          exporter: setup.otlpExporter({ url: 'http://127.0.0.1:1' }),
          strategy: 'drop_oldest',
          drainTimeoutMillis: 1,
          maxQueueBytes: 5_000_000,
        });
        for (let index = 0; index < 200; index += 1) {
          subject.give(processor, withFields(item as Item, fields(index)));
          expect(processor.getMetrics().bufferBytes).toBeLessThanOrEqual(5_000_000);
        }
        const { droppedByReason, eventsAccepted, bufferSize } = processor.getMetrics();
        expect(eventsAccepted).toBe(200);
        expect(bufferSize).toBeGreaterThan(90);
        expect(bufferSize).toBeLessThan(100);
        expect(droppedByReason.evicted).toBe(200 - bufferSize);
      },
    );

    it.each([
      ['an attribute', { attributes: { huge: HUGE } }],
      ['its instrumentation scope', { instrumentationScope: { name: HUGE } }],
      ['its resource', { resource: { attributes: { huge: HUGE } } }],
    ])(
      'with 60 MB in %s is refused as too large, costs no other item, and takes no longer than others',
      async (_, fields) => {
        const [item] = await setup.madeItems(1);
        const processor = setup.processorWith({ scheduledDelayMillis: 60_000 });
        setup.emitTo(processor, 100, 'good');
        const huge = withFields(item as Item, fields);
        const startedAt = process.cpuUsage();
        subject.give(processor, huge);
        expect(process.cpuUsage(startedAt).user).toBeLessThan(30_000);
        expect(processor.getMetrics()).toMatchObject({ bufferSize: 100, eventsEvicted: 0 });
        expect(processor.getMetrics().droppedByReason.too_large).toBe(1);
      },
    );

    it('of 60 MB is also refused with a foreign exporter', async () => {
      const [item] = await setup.madeItems(1);
      const processor = setup.processorWith({ exporter: new HeldExporter<Item>() });
      setup.emitTo(processor, 100, 'good');
      subject.give(processor, withFields(item as Item, { attributes: { huge: HUGE } }));
      expect(processor.getMetrics()).toMatchObject({ bufferSize: 100, eventsEvicted: 0 });
      expect(processor.getMetrics().droppedByReason.too_large).toBe(1);
    });

    it('is refused above maxItemBytes, and accepted below', async () => {
      const [item] = await setup.madeItems(1);
      const processor = setup.processorWith({ maxItemBytes: 10_000 });
      for (const length of [5_000, 12_000])
        subject.give(processor, withFields(item as Item, { attributes: { text: 'x'.repeat(length) } }));
      expect(processor.getMetrics()).toMatchObject({ bufferSize: 1 });
      expect(processor.getMetrics().droppedByReason.too_large).toBe(1);
    });
  });
}
