/** The part of a span that is read. */
interface SpanLike {
  spanContext?(): { readonly traceFlags: number };
}

const SAMPLED = 1;

/**
 * A span processor or log record processor for the tests of an application: it keeps items in memory, in the order in
 * which they end or are emitted.
 *
 * An item is there as soon as `span.end()` or `logger.emit()` has returned, whatever a test does to timers. So there is
 * nothing to wait for, and nothing that a test has to close.
 */
export class InMemoryProcessor<Item> {
  #items: Item[] = [];
  #isShutdown = false;

  /** The items since the last `clear`. Spans that are not sampled are left out, as no exporter gets them. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** Forgets all items, for the next test. */
  clear(): void {
    this.#items = [];
  }

  /** Called by the SDK; does nothing. */
  onStart(): void {}

  /** Called by the SDK when a span ends. */
  onEnd(span: Item & SpanLike): void {
    const flags = span.spanContext?.().traceFlags ?? SAMPLED;
    if ((flags & SAMPLED) !== 0) this.#keep(span);
  }

  /** Called by the SDK when a log record is emitted. */
  onEmit(record: Item): void {
    this.#keep(record);
  }

  /** Resolves immediately. */
  async forceFlush(): Promise<void> {}

  /** Resolves immediately. The items stay; later ones are not kept. */
  async shutdown(): Promise<void> {
    this.#isShutdown = true;
  }

  #keep(item: Item): void {
    if (!this.#isShutdown) this.#items.push(item);
  }
}
