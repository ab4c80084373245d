/** The package `signal-exit`, of which a process may have several copies, counts its listeners of a signal here. */
const SIGNAL_EXIT_3 = '__signal_exit_emitter__';
const SIGNAL_EXIT_4 = Symbol.for('signal-exit emitter');

interface Counted {
  readonly count?: unknown;
}

/**
 * Whether the application handles a signal itself. Listeners of `signal-exit`, which many packages bring along, do not
 * count: it ends the process only if nobody else listens, so it and we would each leave that to the other.
 * @param ours number of our own listeners
 */
export function isHandledByApplication(signal: NodeJS.Signals, ours: number): boolean {
  // `signal-exit` listens to every other signal that we listen to.
  if (signal === 'SIGBREAK') return process.listenerCount(signal) > ours;
  const version3 = (process as { readonly [SIGNAL_EXIT_3]?: Counted })[SIGNAL_EXIT_3];
  const version4 = (globalThis as { readonly [SIGNAL_EXIT_4]?: Counted })[SIGNAL_EXIT_4];
  return process.listenerCount(signal) > ours + countOf(version3) + (version4 === version3 ? 0 : countOf(version4));
}

function countOf(emitter: Counted | undefined): number {
  return typeof emitter?.count === 'number' ? emitter.count : 0;
}
