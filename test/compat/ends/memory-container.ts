import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup/memory';
/** A group can be removed once the kernel has released its last process. */
const REMOVE_TRIES = 20;
const REMOVE_PAUSE_MILLIS = 50;

/** A container only for memory: a control group of version 1 whose processes the kernel kills above its limit. */
export class MemoryContainer {
  static #count = 0;
  readonly path: string;

  constructor(limitBytes: number) {
    MemoryContainer.#count += 1;
    this.path = join(ROOT, `spillway-${process.pid}-${MemoryContainer.#count}`);
    mkdirSync(this.path);
    writeFileSync(join(this.path, 'memory.limit_in_bytes'), String(limitBytes));
  }

  /** Why this machine cannot have one; `undefined` if it can. */
  static get obstacle(): string | undefined {
    try {
      accessSync(join(ROOT, 'memory.limit_in_bytes'), constants.R_OK);
      accessSync(ROOT, constants.W_OK);
      return process.getuid?.() === 0 ? undefined : 'needs root, to make a memory control group';
    } catch {
      return `needs control groups of version 1 at ${ROOT}`;
    }
  }

  /** The words to put before a command so that it runs in the container. */
  get runner(): readonly string[] {
    return ['sh', '-c', `echo $$ > ${this.path}/cgroup.procs; exec "$@"`, 'sh'];
  }

  /** The most bytes that were in use. A program in the container may reset this by writing 0. */
  get peakBytes(): number {
    return Number(this.#read('memory.max_usage_in_bytes'));
  }

  /** Processes that the kernel has killed for lack of memory. */
  get oomKills(): number {
    return Number(/^oom_kill (\d+)$/m.exec(this.#read('memory.oom_control'))?.[1]);
  }

  async remove(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        rmdirSync(this.path);
        return;
      } catch (error) {
        if (tries === REMOVE_TRIES) throw error;
      }
      await sleep(REMOVE_PAUSE_MILLIS);
    }
  }

  #read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }
}
