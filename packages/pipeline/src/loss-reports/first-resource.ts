import type { ResourceLike } from '@spillway/otlp/encoding';

/** The resource of a pipeline's first item, for reports about losses: they have no item of their own. */
export class FirstResource<Item> {
  readonly #resourceOf: (item: Item) => ResourceLike | undefined;
  #resource: ResourceLike | undefined;

  constructor(resourceOf: (item: Item) => ResourceLike | undefined) {
    this.#resourceOf = resourceOf;
  }

  /** `undefined` if there was no item with a resource yet. */
  get resource(): ResourceLike | undefined {
    return this.#resource;
  }

  /** In the hot path: only the first item is looked at. */
  onItem(item: Item): void {
    if (this.#resource === undefined) this.#remember(item);
  }

  #remember(item: Item): void {
    try {
      this.#resource = this.#resourceOf(item);
    } catch {
      // The item cannot be read, and is counted when it is encoded.
    }
  }
}
