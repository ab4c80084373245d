import type { ItemEncoder } from '@spillway/otlp/encoding';
import type { ItemExporter } from '@spillway/pipeline';
import { beforeEach, onTestFinished, vi } from 'vitest';
import { MemoryExporter } from './memory-exporter.ts';
import { HeldExporter } from './scripted-exporter.ts';

/** An exporter whose items a test can read, in the form `Arrived`. */
export interface ItemSink<Item, Arrived, Exporter extends ItemExporter<Item> = ItemExporter<Item>> {
  readonly exporter: Exporter;
  /** In the order in which they were sent. */
  arrived(): readonly Arrived[];
  /** From now on, nothing is held back. */
  release(): void;
}

export type EncodedSink<Item, Arrived> = ItemSink<Item, Arrived, MemoryExporter<Item>>;

export type ObjectSink<Item, Arrived> = ItemSink<Item, Arrived, HeldExporter<Item>>;

/** Items are encoded, and read from the bytes of the requests. */
export function sinkOfBytes<Item, Arrived>(
  encoder: ItemEncoder<Item>,
  read: (body: Buffer) => readonly Arrived[],
  isHeld: boolean,
): EncodedSink<Item, Arrived> {
  const exporter = new MemoryExporter(encoder, isHeld);
  return { exporter, arrived: () => exporter.bodies.flatMap(read), release: () => exporter.release() };
}

/** Items are kept as objects, and read from the arguments of the exporter. */
export function sinkOfObjects<Item extends object, Arrived>(
  read: (item: Item) => Arrived,
  isHeld: boolean,
): ObjectSink<Item, Arrived> {
  const exporter = new HeldExporter<Item>();
  if (!isHeld) exporter.release();
  return { exporter, arrived: () => exporter.exported.map(read), release: () => exporter.release() };
}

/**
 * Timers stand still unless a test moves them. Registered first, so that processors are shut down on the clock they ran
 * on.
 */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
  });
}
