import type { DrainResult } from '../drain.ts';
import type { PipelineObserver } from '../observers.ts';
import { checkStreamOptions, type StreamOptions } from './stream-options.ts';

/** What a stream needs of a controller. */
export interface StreamTarget<Item> {
  readonly hasEnded: boolean;
  start(): void;
  pushWhenRoom(item: Item): Promise<boolean>;
  flush(): Promise<boolean>;
  close(): Promise<DrainResult>;
  observe(observer: PipelineObserver): () => void;
}

/** The end of a stream at a controller, the same for streams of the Web and of Node. */
export class StreamSink<Item> {
  readonly #target: StreamTarget<Item>;
  readonly #onRefused: ((item: Item) => void) | undefined;
  readonly #keepsOpen: boolean;
  #stopObserving: (() => void) | undefined;

  /** @throws TypeError for an invalid option */
  constructor(target: StreamTarget<Item>, options: StreamOptions<Item>) {
    checkStreamOptions(options);
    this.#target = target;
    this.#onRefused = options.onRefused;
    this.#keepsOpen = options.keepsOpen ?? false;
  }

  /**
   * Starts the controller, because a stream into one that never flushes would wait for ever.
   * @param fail called if the controller is closed by somebody else
   */
  open(fail: (error: Error) => void): void {
    if (this.#target.hasEnded) return fail(closedError());
    this.#stopObserving = this.#target.observe({ onClosing: () => fail(closedError()) });
    this.#target.start();
  }

  /** Resolves when the item has been let in. Rejects if it never can be. */
  async write(item: Item): Promise<void> {
    if (await this.#target.pushWhenRoom(item)) return;
    if (this.#target.hasEnded) throw closedError();
    if (this.#onRefused === undefined)
      throw new Error('the controller refused an item, because it is too large or cannot be encoded');
    this.#onRefused(item);
  }

  /** Resolves when everything is delivered. Rejects if items were given up, or may still be on their way. */
  async close(): Promise<void> {
    this.#stopObserving?.();
    if (this.#keepsOpen) {
      if (await this.#target.flush()) return;
      throw new Error('items of the stream are not delivered yet, and its controller goes on to deliver them');
    }
    const { remaining } = await this.#target.close();
    if (remaining > 0)
      throw new Error(`${remaining} items were not delivered in time (drainTimeoutMs), and were given up`);
  }

  /** The producer has failed. What it has written is still delivered. */
  async abort(): Promise<void> {
    this.#stopObserving?.();
    if (!this.#keepsOpen) await this.#target.close();
  }
}

function closedError(): Error {
  return new Error('the controller was closed, so it lets no more items in');
}
