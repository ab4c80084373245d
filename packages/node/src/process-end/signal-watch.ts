import { constants } from 'node:os';
import { startTimer } from '@spillway/backpressure';
import { isHandledByApplication } from './own-listeners.ts';

/**
 * The signals by which processes are asked to end, and which end a process that has no listener: SIGQUIT by `Ctrl+\` and the
 * stop signal of some images, SIGUSR2 by nodemon, SIGALRM by `alarm` before `exec`, SIGXCPU by a limit of CPU time, SIGPWR by
 * containers of LXC, SIGBREAK by `Ctrl+Break` on Windows.
 *
 * Left alone are SIGUSR1, which starts Node's inspector; SIGPROF, by which V8 takes profiles; and SIGABRT, which is sent to a
 * process that hangs, to have its core dumped at once.
 */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGXCPU', 'SIGPWR', 'SIGBREAK'];

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
    sendToItself(signal);
    if (process.listenerCount(signal) === 0) {
      startTimer(() => process.exit(128 + constants.signals[signal]), UNDELIVERED_AFTER_MILLIS, true);
    }
  };

  // First, so that a listener that runs once has not been taken away before it is counted. Names that a platform does not
  // have are events that never come.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return stop;
}

/** Windows delivers some signals that it cannot send. The process then ends by the exit code of that signal. */
function sendToItself(signal: NodeJS.Signals): void {
  try {
    process.kill(process.pid, signal);
  } catch {
    // The caller's timer ends the process.
  }
}
