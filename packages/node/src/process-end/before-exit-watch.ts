import { defer } from '@spillway/backpressure';

/** Standard streams, which always exist and do not keep a process alive. */
const STREAMS: readonly string[] = ['PipeWrap', 'TTYWrap'];

/** Taken now, because the application's tests may fake them later. */
const nextTick = process.nextTick.bind(process);
const { queueMicrotask } = globalThis;

/**
 * Runs something once, when the process has nothing left to do. The application's listeners come first. Work that they
 * start is awaited, as often as they start some, because it may make the last spans.
 * @returns ends the watch
 */
export function watchBeforeExit(run: () => void): () => void {
  let isFirst = true;
  const onBeforeExit = (): void => {
    if (process.listenerCount('beforeExit') === 1) return end();
    if (!isFirst) return afterListeners(() => (isAtWork() ? undefined : end()));
    isFirst = false;
    // Emits the event once more, whatever the listeners have started, because not all of their work is visible.
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

/** Calls `step` after the listeners behind this one, and after the work that they do without waiting. */
function afterListeners(step: () => void): void {
  nextTick(() => queueMicrotask(() => nextTick(step)));
}

/**
 * Whether the event will come again. If this is wrong, the process ends, and held items are saved as at
 * `process.exit()`.
 */
function isAtWork(): boolean {
  return process.getActiveResourcesInfo().some((kind) => !STREAMS.includes(kind));
}
