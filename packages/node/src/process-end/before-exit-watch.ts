import { defer } from '@spillway/backpressure';

/** Standard streams, which are there all the time and hold no process. */
const STREAMS: readonly string[] = ['PipeWrap', 'TTYWrap'];

/** Taken now, because the application's tests may fake them later. */
const nextTick = process.nextTick.bind(process);
const { queueMicrotask } = globalThis;

/**
 * Runs something once, when there is nothing left to do. Listeners of the application come first, and what they begin is
 * awaited, each time that they begin something: it may make the last spans.
 * @returns ends the watch
 */
export function watchBeforeExit(run: () => void): () => void {
  let isFirst = true;
  const onBeforeExit = (): void => {
    if (process.listenerCount('beforeExit') === 1) return end();
    if (!isFirst) return afterListeners(() => (isAtWork() ? undefined : end()));
    isFirst = false;
    // Brings the event about once more, whatever they have begun: not all of that can be seen.
    defer(() => {});
  };
  const stop = (): void => void process.off('beforeExit', onBeforeExit);
  const end = (): void => {
    stop();
    run();
  };
  process.on('beforeExit', onBeforeExit);
  return stop;
}

/** The listeners behind this one, and what they do without waiting for anything. */
function afterListeners(step: () => void): void {
  nextTick(() => queueMicrotask(() => nextTick(step)));
}

/** Whether the event comes again by itself. Where that is wrong, the process ends, and what is left goes as at `process.exit()`. */
function isAtWork(): boolean {
  return process.getActiveResourcesInfo().some((kind) => !STREAMS.includes(kind));
}
