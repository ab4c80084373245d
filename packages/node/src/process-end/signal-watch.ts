import { constants } from 'node:os';
import { startTimer } from '@spillway/backpressure';
import { isHandledByApplication } from './own-listeners.ts';

/** Those by which processes are asked to end, and which end them where nobody listens. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** The kernel delivers no signal that nobody handles to the first process of a container. */
const UNDELIVERED_AFTER_MILLIS = 100;

export interface SignalActions {
  /** Delivers what is left. Resolves by a deadline of its own, never rejects. */
  drain(): Promise<void>;
  /** Sends what there is, while the application goes on. Never throws. */
  flush(): void;
  /** The last step after a drain. Synchronous, never throws. */
  saveRest(): void;
  /** The last step where a second signal cuts the drain short. Synchronous, never throws. */
  saveAll(): void;
}

type State = 'watching' | 'draining' | 'over';

/**
 * Drains when a signal would end the process, then lets that signal end it, so that its parent sees what it would have seen.
 *
 * Where the application listens to a signal itself, it decides: it may finish requests that have spans yet to end, or read its
 * configuration anew. Then nothing is ended here. What there is is sent, and the rest when the process ends.
 * @returns ends the watch
 */
export function watchSignals(actions: SignalActions): () => void {
  let state: State = 'watching';

  const onSignal = (signal: NodeJS.Signals): void => {
    if (isHandledByApplication(signal, 1)) return actions.flush();
    // Two come at once where a terminal sends one to all processes of a group, and a parent such as npm passes its own on.
    if (state === 'draining') return end(signal, () => actions.saveAll());
    state = 'draining';
    void actions.drain().then(() => end(signal, () => actions.saveRest()));
  };

  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };

  const end = (signal: NodeJS.Signals, save: () => void): void => {
    if (state === 'over') return;
    state = 'over';
    save();
    stop();
    process.kill(process.pid, signal);
    if (process.listenerCount(signal) === 0) {
      startTimer(() => process.exit(128 + constants.signals[signal]), UNDELIVERED_AFTER_MILLIS, true);
    }
  };

  // First, so that a listener that runs once has not been taken away before it is counted.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return stop;
}
