import { now } from '@spillway/backpressure';
import type { Work } from '../files/work.ts';
import { FORMAT_VERSION } from '../format/segment-header.ts';
import { heartbeatOf, readOwner } from './owner.ts';
import { livenessOf, type ProcessIdentity } from './process-identity.ts';

/** How often an owner shows that it is alive. */
export const HEARTBEAT_MILLIS = 15_000;
/** How often this process looks at the others. */
export const LOOK_MILLIS = 30_000;
/** A heartbeat that stands still for this long is that of a process that has ended: four are missing. */
const STILL_MILLIS = 4 * HEARTBEAT_MILLIS;

/**
 * - `free`: its owner has ended or let go of it
 * - `held`: its owner is alive
 * - `watched`: only its heartbeat will tell
 * - `foreign`: written by a newer version, which this one cannot read
 */
export type Lease = 'free' | 'held' | 'watched' | 'foreign';

/**
 * Tells whether the folders of other processes may be taken over. Clocks of other systems are not believed: what counts is
 * that a heartbeat did not change while this process looked, by its own clock that never jumps.
 */
export class Leases {
  readonly #seen = new Map<string, { readonly heartbeat: number; readonly stillMillis: number; readonly at: number }>();

  /** @throws the error of `node:fs` */
  *judge(folder: string, own: ProcessIdentity): Work<Lease> {
    const owner = yield* readOwner(folder);
    if (owner !== undefined) {
      if (owner.format > FORMAT_VERSION) return 'foreign';
      if (owner.isReleased) return 'free';
      const liveness = yield* livenessOf(owner, own);
      if (liveness === 'ended') return 'free';
      // A worker thread may have ended before its process.
      if (liveness === 'alive' && owner.thread === 0) return 'held';
    }
    return yield* this.#watch(folder);
  }

  /** Forgets folders that are gone. */
  keep(folders: ReadonlySet<string>): void {
    for (const folder of this.#seen.keys()) if (!folders.has(folder)) this.#seen.delete(folder);
  }

  *#watch(folder: string): Work<Lease> {
    const heartbeat = yield* heartbeatOf(folder);
    if (heartbeat === undefined) return 'held';
    const seen = this.#seen.get(folder);
    const at = now();
    // However long this process was stopped itself, as everything on a machine that sleeps, an owner gets the time to go on.
    const stillMillis = seen?.heartbeat === heartbeat ? seen.stillMillis + Math.min(at - seen.at, LOOK_MILLIS) : 0;
    this.#seen.set(folder, { heartbeat, stillMillis, at });
    return stillMillis >= STILL_MILLIS ? 'free' : 'watched';
  }
}
