import type { RequestToStore, SpoolMetrics, SpoolPlace } from './request-spool.ts';

const NOTHING: SpoolMetrics = { items: 0, bytes: 0, oldestStoredAt: undefined, takenOver: 0 };

/** Logs an error. @param what failed */
type Complain = (what: string, error: unknown) => void;

/**
 * A place in a spool, whose code may be another's: an error that it throws is logged, and means that nothing is stored,
 * or that there is nothing to wait for.
 */
export class GuardedPlace implements SpoolPlace {
  readonly #place: SpoolPlace;
  readonly #complain: Complain;

  constructor(place: SpoolPlace, complain: Complain) {
    this.#place = place;
    this.#complain = complain;
  }

  store(request: RequestToStore, when: 'soon' | 'now'): boolean {
    return this.#try('the spool could not store items', () => this.#place.store(request, when)) === true;
  }

  async whenWritten(): Promise<boolean> {
    try {
      return await this.#place.whenWritten();
    } catch (error) {
      this.#complain('the spool could not say whether it has written everything', error);
      return false;
    }
  }

  get isEmpty(): boolean {
    return this.#try('the spool could not say whether it is empty', () => this.#place.isEmpty) ?? true;
  }

  getMetrics(): SpoolMetrics {
    return this.#try('the spool could not say what it holds', () => this.#place.getMetrics()) ?? NOTHING;
  }

  onReady(listener: () => void): () => void {
    const stop = this.#try('the spool cannot say when it is ready', () => this.#place.onReady(listener));
    return () => this.#try('the spool cannot stop saying when it is ready', () => stop?.());
  }

  async close(): Promise<void> {
    try {
      await this.#place.close();
    } catch (error) {
      this.#complain('the spool could not be closed', error);
    }
  }

  closeNow(): void {
    this.#try('the spool could not be closed', () => this.#place.closeNow());
  }

  #try<Result>(what: string, call: () => Result): Result | undefined {
    try {
      return call();
    } catch (error) {
      this.#complain(what, error);
      return undefined;
    }
  }
}

/** Stands for the place of a spool that could not be joined. */
export const NO_PLACE: SpoolPlace = {
  store: () => false,
  whenWritten: async () => true,
  isEmpty: true,
  getMetrics: () => NOTHING,
  onReady: () => () => {},
  close: async () => {},
  closeNow() {},
};
