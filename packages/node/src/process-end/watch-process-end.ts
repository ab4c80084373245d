import { isMainThread } from 'node:worker_threads';
import { diag } from '@opentelemetry/api';
import { startTimer, type Timer } from '@spillway/backpressure';
import { watchBeforeExit } from './before-exit-watch.ts';
import { whenExiting } from './exit-watch.ts';
import { type EndingPipeline, type ExitMethod, LeftOver } from './left-over.ts';
import { makeRoomForListeners } from './listener-room.ts';
import { watchSignals } from './signal-watch.ts';

export interface ProcessEndOptions {
  /**
   * What `process.exit()`, crashes and a second signal do with held items: `ship` lets a child process send them, for
   * which the process waits at most 1 s; `spool` lets the pipelines store them; `none` drops them.
   */
  readonly exit: ExitMethod;
  /** Milliseconds that a drain may take, at a signal or when there is nothing left to do. */
  readonly drainTimeoutMillis: number;
  /** Drains and ends every pipeline. Called once. */
  shutdown(): Promise<void>;
  readonly pipelines: readonly EndingPipeline[];
}

export interface ProcessEndWatch {
  /** Lets the process end as it would have without this watch. */
  stop(): void;
}

/** Time for a pipeline to log the result of its own drain before the process ends. */
const DRAIN_GRACE_MILLIS = 100;
/** If the application ends itself at its own pace, a flush may delay it this long. */
const FLUSH_MILLIS = 1_000;
/** After this long, users wonder why the process has not ended. */
const TELL_AFTER_MILLIS = 1_000;

/**
 * Prevents the loss of held items with the process, however it ends, and changes nothing else about the end: the
 * application's listeners run as before, and exit codes, signals and output stay the same.
 */
export function watchProcessEnd(options: ProcessEndOptions): ProcessEndWatch {
  const { exit, drainTimeoutMillis, pipelines } = options;
  const leftOver = new LeftOver(exit, pipelines);
  let draining: Promise<void> | undefined;

  const drain = (): Promise<void> => {
    const isFirst = draining === undefined;
    draining ??= withoutRejection(() => options.shutdown());
    const ending = within(draining, drainTimeoutMillis + DRAIN_GRACE_MILLIS);
    return isFirst ? tellingOfDelay(ending, drainTimeoutMillis) : ending;
  };
  const flush = (): void => {
    for (const pipeline of pipelines)
      void withoutRejection(async () => pipeline.forceFlush?.({ timeoutMillis: FLUSH_MILLIS }));
  };

  const stops = [makeRoomForListeners(), watchBeforeExit(() => void drain()), whenExiting(() => leftOver.save())];
  // Only the main thread receives signals.
  if (isMainThread)
    stops.push(watchSignals({ drain, flush, saveRest: () => leftOver.saveRest(), saveAll: () => leftOver.save() }));
  return { stop: () => stops.forEach((stop) => stop()) };
}

async function tellingOfDelay(ending: Promise<void>, drainTimeoutMillis: number): Promise<void> {
  const limit = drainTimeoutMillis === Infinity ? 'with no time limit' : `or after ${drainTimeoutMillis} ms`;
  const tell = (): void =>
    diag.info(
      `Spillway: the process ends when the collector has received the remaining items, ${limit} (SPILLWAY_DRAIN_TIMEOUT)`,
    );
  const timer = startTimer(tell, TELL_AFTER_MILLIS, true);
  try {
    await ending;
  } finally {
    timer.cancel();
  }
}

/** Resolves with the promise, or when the time is over. Keeps the process alive until then, as the promise may not. */
async function within(promise: Promise<void>, millis: number): Promise<void> {
  let timer: Timer | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = startTimer(resolve, millis, true);
  });
  await Promise.race([promise, timeout]);
  timer?.cancel();
}

async function withoutRejection(step: () => Promise<void> | undefined): Promise<void> {
  try {
    await step();
  } catch {
    // The pipeline has logged it through `diag`.
  }
}
