interface ExitingProcess {
  reallyExit?: (code?: number) => void;
}

/** Taken now, because the application's tests may fake it later. */
const nextTick = process.nextTick.bind(process);

/**
 * Runs something last when the process ends: after the application's own listeners of `exit`, which may still end
 * spans. One of them may call `process.exit()` itself, after which no further listener runs. So the function also runs
 * in
 * `process.reallyExit`, but only once the first listener has been called. May run it twice.
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
  // One of those listeners has thrown within process.exit(): neither the other listeners nor process.reallyExit will
  // run.
  const afterException = (): void => {
    const isHandled = process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
    if (!isHandled) run();
  };
  const last = (): void => run();
  const stayLast = (event: string | symbol, listener: unknown): void => {
    if (event !== 'exit' || listener === last) return;
    // At this moment, the listener is not added yet.
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
