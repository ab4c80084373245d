/** A rule of the application by which items are kept whatever the load. What it throws is a no: a hook must not throw. */
export function keepRule<Item>(keep: (item: Item) => boolean): (item: Item) => boolean {
  return (item) => {
    try {
      return keep(item);
    } catch {
      return false;
    }
  };
}
