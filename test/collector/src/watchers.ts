import { startDeadline } from './clock.ts';
import { deferred } from './deferred.ts';

export interface UntilOptions {
  /** Default: 10 000. */
  readonly timeoutMillis?: number;
}

interface Watched {
  counts(): object;
}

const TIMEOUT_MILLIS = 10_000;

/** Callers that wait for a condition on a subject that changes. */
export class Watchers<Subject extends Watched> {
  readonly #watching = new Set<{ look: (subject: Subject) => void; abandon: (why: string) => void }>();

  until(subject: Subject, predicate: (subject: Subject) => boolean, options: UntilOptions): Promise<void> {
    const { promise, resolve, reject } = deferred();
    const timeoutMillis = options.timeoutMillis ?? TIMEOUT_MILLIS;
    const end = (settle: () => void) => {
      cancelDeadline();
      this.#watching.delete(watcher);
      settle();
    };
    const watcher = {
      look: (changed: Subject) => {
        try {
          if (predicate(changed)) end(resolve);
        } catch (error) {
          end(() => reject(error));
        }
      },
      abandon: (why: string) =>
        end(() => reject(new Error(`${why} while the condition did not hold: ${JSON.stringify(subject.counts())}`))),
    };
    const cancelDeadline = startDeadline(() => watcher.abandon(`${timeoutMillis} ms have passed`), timeoutMillis);
    this.#watching.add(watcher);
    watcher.look(subject);
    return promise;
  }

  /** Checks all conditions again. */
  look(subject: Subject): void {
    for (const { look } of this.#watching) look(subject);
  }

  abandon(why: string): void {
    for (const { abandon } of this.#watching) abandon(why);
  }
}
