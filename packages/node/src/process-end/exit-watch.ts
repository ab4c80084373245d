interface ExitingProcess {
  reallyExit?: (code?: number) => void;
}

/** Taken now, because the application's tests may fake it later. */
const nextTick = process.nextTick.bind(process);

/**
 * Runs something last when the process ends: after the application's own listeners of `exit`, which may still end spans.
 * One of those may call `process.exit()` in turn, from which no further listener runs; hence the step behind it too, but
 * only from the first listener on. May run it twice.
 * @returns ends the watch
 */
export function whenExiting(run: () => void): () => void {
  const first = (): void => {
    const exiting = process as ExitingProcess;
    const { reallyExit } = exiting;
    if (typeof reallyExit !== 'function') return;
    exiting.reallyExit = (code) => {
      run();
      reallyExit.call(process, code);
    };
    process.on('uncaughtExceptionMonitor', afterException);
  };
  // One of those listeners has thrown within process.exit(): none that is left runs, nor does process.reallyExit.
  const afterException = (): void => {
    const isHandled = process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
    if (!isHandled) run();
  };
  const last = (): void => run();
  const stayLast = (event: string | symbol, listener: unknown): void => {
    if (event !== 'exit' || listener === last) return;
    // Once it has been added.
    nextTick(() => {
      if (!process.listeners('exit').includes(last)) return;
      process.off('exit', last);
      process.on('exit', last);
    });
  };
  process.prependListener('exit', first);
  process.on('exit', last);
  process.on('newListener', stayLast);
  return () => {
    process.off('newListener', stayLast);
    process.off('exit', first);
    process.off('exit', last);
    process.off('uncaughtExceptionMonitor', afterException);
  };
}
