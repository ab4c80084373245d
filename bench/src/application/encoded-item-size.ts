import { collectItems, type SignalUnderLoad } from './signals/signal-under-load.ts';

const ITEMS = 1_000;

/** Bytes that one item of the load adds to an OTLP request, on average, as upstream encodes it. */
export async function measureEncodedItem<Item extends object, Processor>(
  signal: SignalUnderLoad<Item, Processor>,
): Promise<number> {
  const items = collectItems(signal, ITEMS + 1);
  const one = await signal.serialize(items.slice(0, 1));
  const all = await signal.serialize(items);
  return (all.length - one.length) / ITEMS;
}
