import type { Admission } from './admission.ts';
import type { DropReason } from './drop-reason.ts';
import { RoomQueue } from './room-queue.ts';

/** Calls a listener when others may have made room, until the returned function is called. */
type ListenForRoom = (listener: () => void) => () => void;

/**
 * Everything that waits for room: producers with an item, and callers of `ready` that only want to know when there is
 * room.
 */
export class RoomWaiters<Item> {
  readonly #producers: RoomQueue<Item>;
  readonly #ready = new Set<() => void>();
  readonly #listen: () => () => void;
  /** Set while any of them waits. */
  #stopListening: (() => void) | undefined;

  /**
   * @param onRefused called with the reason when a producer has waited in vain
   * @param onRoom called when others may have made room
   * @param listen calls its listener then
   */
  constructor(onRefused: (reason: DropReason) => void, onRoom: () => void, listen: ListenForRoom) {
    this.#producers = new RoomQueue(onRefused);
    this.#listen = () => listen(onRoom);
  }

  /** Whether producers wait. They come before any new item. */
  get hasProducers(): boolean {
    return this.#producers.size > 0;
  }

  /** Whether producers are being offered room right now. */
  get isServing(): boolean {
    return this.#producers.isServing;
  }

  /** Resolves with true once the item has been let in, with false if it was refused. */
  letIn(item: Item, admission: Admission | undefined, maxWaitMs: number): Promise<boolean> {
    this.#stopListening ??= this.#listen();
    return this.#producers.wait(item, admission, maxWaitMs);
  }

  /** Resolves when there is room, or at the end. */
  ready(): Promise<void> {
    this.#stopListening ??= this.#listen();
    return new Promise((resolve) => this.#ready.add(resolve));
  }

  /**
   * Offers room to the producers, in their order.
   * @param admit lets an item in (true) or refuses it (false); `undefined` if there is no room for it yet
   */
  serveProducers(admit: (item: Item, admission: Admission | undefined) => boolean | undefined): void {
    this.#producers.serve(admit);
  }

  /** The producers have been served. @param hasRoom whether there is room left */
  onServed(hasRoom: boolean): void {
    if (hasRoom) this.#releaseReady();
    if (this.#producers.size === 0 && this.#ready.size === 0) this.#endListening();
  }

  /** Refuses the items of all waiting producers. */
  refuseProducers(): void {
    this.#producers.close();
  }

  /** Resolves every `ready`, and stops listening. */
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
