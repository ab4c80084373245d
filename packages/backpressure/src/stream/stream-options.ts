/** How a stream into a controller ends, and what it does with an item that cannot be let in. */
export interface StreamOptions<Item> {
  /**
   * Called with an item that is too large or cannot be encoded, and the stream goes on. Default: the stream fails. The
   * item is counted in both cases.
   */
  readonly onRefused?: (item: Item) => void;
  /**
   * Whether the controller stays open at the end of the stream, for a controller with several producers. The stream then
   * ends when its items have settled, and an abort leaves them to the controller. Default: false.
   */
  readonly keepsOpen?: boolean;
}

/** @throws TypeError for an invalid option */
export function checkStreamOptions({ onRefused, keepsOpen }: StreamOptions<never>): void {
  if (onRefused !== undefined && typeof onRefused !== 'function')
    throw new TypeError(`onRefused must be a function, got ${typeof onRefused}`);
  if (keepsOpen !== undefined && typeof keepsOpen !== 'boolean')
    throw new TypeError(`keepsOpen must be true or false, got ${String(keepsOpen)}`);
}
