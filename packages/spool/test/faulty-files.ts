import type { FileCall, FileOperation, FileSystem } from '../src/files/file-system.ts';
import { TRACKED_FILES } from './tracked-files.ts';

export type FaultCode = 'ENOSPC' | 'EIO' | 'EMFILE' | 'EACCES' | 'EROFS' | 'ENOENT' | 'EDQUOT' | 'ENOTSUP';

/** What becomes of an operation: `short` writes only a part, `slow` takes some turns of the event loop. */
export type Fault = FaultCode | 'short' | 'slow' | undefined;

/** Real files, with failures in between. */
export class FaultyFiles implements FileSystem {
  /** Asked for each operation. */
  fault: (call: FileCall) => Fault = () => undefined;
  readonly calls = new Map<FileOperation, number>();
  /** Called before an operation off the main thread begins. */
  beforeLater: (call: FileCall) => void | Promise<void> = () => {};

  async later(call: FileCall): Promise<unknown> {
    await this.beforeLater(call);
    const { fault, changed } = this.#decide(call);
    if (fault === 'slow') for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return TRACKED_FILES.later(changed);
  }

  now(call: FileCall): unknown {
    return TRACKED_FILES.now(this.#decide(call).changed);
  }

  #decide(call: FileCall): { readonly fault: Fault; readonly changed: FileCall } {
    this.calls.set(call.name, (this.calls.get(call.name) ?? 0) + 1);
    const fault = this.fault(call);
    if (fault === 'short' && call.name === 'writev') return { fault, changed: shortened(call as FileCall<'writev'>) };
    if (fault !== undefined && fault !== 'slow' && fault !== 'short')
      throw Object.assign(new Error(`${fault}: injected, ${call.name}`), { code: fault });
    return { fault, changed: call };
  }
}

function shortened({ args: [fd, chunks, position] }: FileCall<'writev'>): FileCall {
  const [first = Buffer.alloc(0)] = chunks;
  const part = first.subarray(0, Math.max(first.length >> 1, 1));
  return { name: 'writev', args: [fd, [part], position] };
}
