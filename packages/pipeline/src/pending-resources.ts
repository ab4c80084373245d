import { now, startTimer } from '@spillway/backpressure';
import { hasPendingAttributes, type ResourceLike } from '@spillway/otlp/encoding';
import { ownDiag } from './scope/export-scope.ts';

/** Share of the time of an export that may be spent on waiting for attributes, if nobody waits for the export. */
const EXPORT_SHARE = 1 / 2;
/** Share of a caller's time: most of it is for sending, because a detector that takes this long may never end. */
const CALLER_SHARE = 1 / 10;

/** When each resource was first waited for. */
const awaitedSince = new WeakMap<ResourceLike, number>();
/** Resources for which the log already says that they are sent without some attributes. */
const toldOf = new WeakSet<ResourceLike>();

/**
 * Waits for attributes of resources that are still being detected. Every wait ends long before the caller's deadline,
 * so that there is time to send the items without those attributes. Its timers do not keep the process alive, because
 * an awaited export has a timer that does.
 */
export class PendingResources {
  readonly #name: string;
  readonly #longestWaitMillis: number;
  /** Ends each current wait. */
  readonly #waits = new Set<() => void>();
  /** Callers that still wait, and whose share is used up. */
  #outOfPatience = 0;

  /**
   * @param name begins the log line about missing attributes
   * @param exportMillis the time limit of an export. A resource is waited for no longer than half of that in total,
   *   counted from the first export that needed it
   */
  constructor(name: string, exportMillis: number) {
    this.#name = name;
    this.#longestWaitMillis = exportMillis * EXPORT_SHARE;
  }

  /** Resolves when the attributes are there, when the wait has been long enough, or when the export is aborted. */
  async settle(resources: Iterable<ResourceLike | undefined>, signal: AbortSignal): Promise<void> {
    const pending = [...resources].filter(hasPendingAttributes);
    if (pending.length === 0) return;
    await this.#wait(pending, signal);
    if (!signal.aborted) this.#tellOf(pending.filter(hasPendingAttributes));
  }

  /** Whether an export would wait for attributes of one of the resources. */
  areAwaited(resources: readonly ResourceLike[]): boolean {
    if (this.#outOfPatience > 0) return false;
    const time = now();
    return this.#millisLeft(resources.filter(hasPendingAttributes), time) > 0;
  }

  /** Items leave without attributes of some of the resources. */
  onSentWithout(resources: readonly ResourceLike[]): void {
    this.#tellOf(resources.filter(hasPendingAttributes));
  }

  /**
   * Runs something that a caller awaits for at most `millis`. Once a tenth of that has passed, no export waits for
   * attributes until it has ended.
   */
  async within<Result>(millis: number, run: () => Promise<Result>): Promise<Result> {
    let isOut = false;
    const timer = startTimer(() => {
      isOut = true;
      this.#outOfPatience += 1;
      for (const end of this.#waits) end();
    }, millis * CALLER_SHARE);
    try {
      return await run();
    } finally {
      timer.cancel();
      if (isOut) this.#outOfPatience -= 1;
    }
  }

  #wait(pending: readonly ResourceLike[], signal: AbortSignal): Promise<void> {
    const millis = this.#millisLeft(pending, now());
    if (millis <= 0 || this.#outOfPatience > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#waits.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = startTimer(end, millis);
      this.#waits.add(end);
      signal.addEventListener('abort', end);
      void Promise.all(pending.map(settled)).then(end);
    });
  }

  /** How long the resource may still be waited for that was waited for last; negative if none is. */
  #millisLeft(pending: readonly ResourceLike[], time: number): number {
    return Math.max(...pending.map((resource) => this.#longestWaitMillis - (time - sinceOf(resource, time))));
  }

  #tellOf(missing: readonly ResourceLike[]): void {
    if (missing.every((resource) => toldOf.has(resource))) return;
    for (const resource of missing) toldOf.add(resource);
    ownDiag.warn(
      `${this.#name}: a resource detector has not answered in time; items exported until then lack its attributes`,
    );
  }
}

function sinceOf(resource: ResourceLike, time: number): number {
  const since = awaitedSince.get(resource) ?? time;
  awaitedSince.set(resource, since);
  return since;
}

/** A rejection is the resource's concern: the items are sent with the attributes that are known. */
async function settled(resource: ResourceLike): Promise<void> {
  try {
    await resource.waitForAsyncAttributes?.();
  } catch {
    // see above
  }
}
