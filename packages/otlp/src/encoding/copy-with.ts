/**
 * A copy of an SDK's item with other fields. It has the item's own fields and its class, whose getters read them, so that an
 * exporter which spreads or serializes it finds what it expects.
 */
export function copyWith<Item extends object>(item: Item, fields: Readonly<Record<string, unknown>>): Item {
  const own = Object.getOwnPropertyDescriptors(item) as PropertyDescriptorMap;
  for (const [name, value] of Object.entries(fields)) own[name] = { value, enumerable: true, writable: true, configurable: true };
  return Object.create(Object.getPrototypeOf(item) as object | null, own) as Item;
}
