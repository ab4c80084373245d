import { constants } from 'node:os';
import { startTimer } from '@spillway/backpressure';
import { isHandledByApplication } from './own-listeners.ts';

/**
 * The signals that ask a process to end, and that end a process without a listener. SIGQUIT comes from `Ctrl+\` and is
 * the stop signal of some images, SIGUSR2 comes from nodemon, SIGALRM from `alarm` before `exec`, SIGXCPU from a limit
 * of CPU time, SIGPWR from LXC containers, SIGBREAK from `Ctrl+Break` on Windows.
 *
 * Not included are SIGUSR1, which starts Node's inspector; SIGPROF, which V8 uses for profiles; and SIGABRT, which is
 * sent to a hanging process to get a core dump immediately.
 */
const SIGNALS: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'SIGALRM',
  'SIGXCPU',
  'SIGPWR',
  'SIGBREAK',
];

/**
 * The kernel does not deliver a signal without a handler to the first process of a container. So wait this long for it.
 */
const UNDELIVERED_AFTER_MILLIS = 100;

export interface SignalActions {
  /** Delivers the held items. Resolves by a deadline of its own, never rejects. */
  drain(): Promise<void>;
  /** Sends the held items while the application goes on. Never throws. */
  flush(): void;
  /** The last step after a drain. Synchronous, never throws. */
  saveRest(): void;
  /** The last step if a second signal cuts the drain short. Synchronous, never throws. */
  saveAll(): void;
}

type State = 'watching' | 'draining' | 'over';

/**
 * Drains when a signal would end the process, then lets that signal end it, so that the parent sees the same end.
 *
 * If the application listens to a signal itself, it decides what happens: it may finish requests whose spans are still
 * open, or only reload its configuration. Then nothing is ended here. The held items are sent now, and later ones when
 * the process ends.
 * @returns ends the watch
 */
export function watchSignals(actions: SignalActions): () => void {
  let state: State = 'watching';

  const onSignal = (signal: NodeJS.Signals): void => {
    if (isHandledByApplication(signal, 1)) return actions.flush();
    // Two may come at once: a terminal sends one to the whole process group, and a parent such as npm forwards its own.
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

  // Our listener goes first, because a `once` listener would be gone before it is counted. Signal names that a platform
  // does not have are events that never come.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return stop;
}

/** Windows receives some signals that it cannot send. The process then ends with the exit code of that signal. */
function sendToItself(signal: NodeJS.Signals): void {
  try {
    process.kill(process.pid, signal);
  } catch {
    // The caller's timer ends the process.
  }
}
