import { describe, expect, it } from 'vitest';
import { itemNames, type ProcessorSetup, withFields } from './processor-setup.ts';

/** Items that no SDK should make, and some application does. */
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
      const hostile = new Proxy({}, {
        get() {
          throw new Error('hostile');
        },
      });
      subject.give(processor, hostile as Item);
      expect(processor.getMetrics().droppedByReason.unencodable).toBe(1);
    });

    it.each([
      ['null', null],
      ['undefined', undefined],
      ['one whose attributes cannot be read', { get asyncAttributesPending(): boolean { throw new Error('hostile'); }, get attributes(): object { throw new Error('hostile'); } }],
    ])('whose resource is %s does not stop the others', async (_, resource) => {
      const [item] = await setup.madeItems(1);
      const processor = setup.processorWith();
      subject.give(processor, withFields(item as Item, { resource }));
      setup.emitTo(processor, 3, 'good');
      await processor.forceFlush();
      expect(setup.receivedNames).toEqual(expect.arrayContaining(itemNames(3, 'good')));
      expect(setup.collector.counts().unique).toBeGreaterThanOrEqual(3);
      expect(processor.getMetrics().eventsRetried).toBe(0);
    });

    it.each([null, undefined, 'orders'])('whose instrumentation scope is %s is counted, and does not stop the others', async (instrumentationScope) => {
      const [item] = await setup.madeItems(1);
      const processor = setup.processorWith();
      subject.give(processor, withFields(item as Item, { instrumentationScope }));
      setup.emitTo(processor, 3, 'good');
      await processor.forceFlush();
      expect(setup.receivedNames).toEqual(itemNames(3, 'good'));
      expect(processor.getMetrics().droppedByReason.unencodable).toBe(1);
    });

    it('with a scope of its own, again and again, does not fill the memory: what is held of scopes is bounded', async () => {
      const [item] = await setup.madeItems(1);
      const processor = setup.processorWith({ exporter: setup.otlpExporter({ url: 'http://127.0.0.1:1' }), drainTimeoutMillis: 1 });
      for (let index = 0; index < 200; index += 1) {
        subject.give(processor, withFields(item as Item, { instrumentationScope: { name: `${index}${'x'.repeat(50_000)}` } }));
      }
      const { droppedByReason, eventsAccepted } = processor.getMetrics();
      expect(eventsAccepted).toBeGreaterThan(70);
      expect(droppedByReason.unencodable).toBeGreaterThan(100);
    });
  });
}
