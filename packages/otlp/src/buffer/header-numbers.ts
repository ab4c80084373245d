/** Numbers the headers that items share, so that an item needs to store only a number. */
export interface HeaderNumbers<Item> extends HeldHeaders {
  /**
   * Counts one more item of the headers that this item has.
   * @returns their number, valid until the item is let go
   */
  hold(item: Item): number;
}

export interface HeldHeaders {
  /** That many items with the headers of that number are no longer held. */
  letGo(id: number, items: number): void;
}
