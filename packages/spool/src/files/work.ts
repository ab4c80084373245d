import { withinExport } from '@spillway/pipeline';
import { codeOf } from './file-error.ts';
import type { FileCall, FileOperation, FileOperations, FileSystem } from './file-system.ts';

/**
 * A procedure of file operations, written once. {@link runLater} runs it off the main thread, {@link runNow} at once, for
 * a process that ends.
 */
export type Work<T> = Generator<FileCall, T, unknown>;

/** One file operation, as a step of a {@link Work}: `const fd = yield* call('open', path, flags, mode)`. */
export function* call<N extends FileOperation>(
  name: N,
  ...args: Parameters<FileOperations[N]>
): Work<ReturnType<FileOperations[N]>> {
  return (yield { name, args }) as ReturnType<FileOperations[N]>;
}

/** What a {@link Work} is told at its next step if its result is not wanted any more. */
export class AbandonedError extends Error {
  override readonly name = 'AbandonedError';
}

/**
 * @param isWanted asked after each operation. If it answers no, the work fails with an {@link AbandonedError}, and can
 *   still close what it has opened
 */
export async function runLater<T>(files: FileSystem, work: Work<T>, isWanted?: () => boolean): Promise<T> {
  // Without tracing, because instrumentations of `node:fs` would make spans of it.
  return withinExport(async () => {
    let wasWanted = true;
    let step = work.next();
    while (step.done !== true) {
      let result: unknown;
      try {
        result = await files.later(step.value);
      } catch (error) {
        step = work.throw(error);
        continue;
      }
      if (wasWanted && isWanted?.() === false) {
        wasWanted = false;
        // The work does not learn what it has opened.
        if (step.value.name === 'open') await files.later({ name: 'close', args: [result as number] });
        step = work.throw(new AbandonedError('The process ends, and does this synchronously'));
      } else step = work.next(result);
    }
    return step.value;
  });
}

export function runNow<T>(files: FileSystem, work: Work<T>): T {
  return withinExport(() => {
    let step = work.next();
    while (step.done !== true) {
      let result: unknown;
      try {
        result = files.now(step.value);
      } catch (error) {
        step = work.throw(error);
        continue;
      }
      step = work.next(result);
    }
    return step.value;
  });
}

/** For steps that are worth trying and whose failure changes nothing. */
export function* ignoringFileErrors(work: Work<unknown>): Work<void> {
  try {
    yield* work;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}
