import type { Admission } from './admission.ts';
import type { DropReason } from './drop-reason.ts';
import { RoomQueue } from './room-queue.ts';

/** Calls a listener when others may have made room, until the returned function is called. */
type ListenForRoom = (listener: () => void) => () => void;

/** Everybody who waits for room: producers with an item, and those who only want to know that there is room. */
export class RoomWaiters<Item> {
  readonly #producers: RoomQueue<Item>;
  readonly #ready = new Set<() => void>();
  readonly #listen: () => (() => void) | undefined;
  /** Set while somebody waits. */
  #stopListening: (() => void) | undefined;

  /**
   * @param onRefused called when a producer has waited for nothing, with the reason
   * @param onRoom called when somebody else, such as another controller of a budget, has made room
   */
  constructor(maxWaitMs: number, onRefused: (reason: DropReason) => void, onRoom: () => void, listen: ListenForRoom | undefined) {
    this.#producers = new RoomQueue(maxWaitMs, onRefused);
    this.#listen = () => listen?.(onRoom);
  }

  /** Whether producers wait, who come before any other. */
  get hasProducers(): boolean {
    return this.#producers.size > 0;
  }

  /** Resolves with true once the item has been let in, with false if it was refused. */
  letIn(item: Item, admission: Admission | undefined): Promise<boolean> {
    this.#stopListening ??= this.#listen();
    return this.#producers.wait(item, admission);
  }

  /** Resolves when there is room, or at the end. */
  ready(): Promise<void> {
    this.#stopListening ??= this.#listen();
    return new Promise((resolve) => this.#ready.add(resolve));
  }

  /**
   * Offers room to the producers, in their order.
   * @param admit lets an item in, or refuses it for good, and says which; `undefined` if there is no room for it yet
   */
  serveProducers(admit: (item: Item, admission: Admission | undefined) => boolean | undefined): void {
    this.#producers.serve(admit);
  }

  /** The producers have been served. @param hasRoom whether there is room left */
  onServed(hasRoom: boolean): void {
    if (hasRoom) this.#releaseReady();
    if (this.#producers.size === 0 && this.#ready.size === 0) this.#endListening();
  }

  /** Refuses what the producers wait with. */
  refuseProducers(): void {
    this.#producers.close();
  }

  /** Nobody waits any more. */
  end(): void {
    this.#releaseReady();
    this.#endListening();
  }

  #releaseReady(): void {
    if (this.#ready.size === 0) return;
    for (const resolve of this.#ready) resolve();
    this.#ready.clear();
  }

  #endListening(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
