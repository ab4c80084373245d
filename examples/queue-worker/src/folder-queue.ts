import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Message {
  /** The name of its file. */
  readonly id: string;
  readonly body: unknown;
}

const POLL_MILLIS = 200;

/** Stands for a broker: each message is a `.json` file in a folder until it is acknowledged. For one worker only. */
export class FolderQueue {
  readonly #folder: string;
  readonly #taken = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Messages that were taken and are neither acknowledged nor set aside. */
  get unsettled(): number {
    return this.#taken.size;
  }

  /** Each message once, oldest name first, until the signal is aborted. A file that is not JSON is set aside. */
  async *messages(signal: AbortSignal): AsyncGenerator<Message> {
    while (!signal.aborted) {
      for (const id of await this.#waiting()) {
        const text = await readFile(join(this.#folder, id), 'utf8');
        if (signal.aborted) return;
        this.#taken.add(id);
        const message = parse(id, text);
        if (message === undefined) await this.setAside([{ id, body: text }]);
        else yield message;
      }
      await sleep(POLL_MILLIS, undefined, { signal }).catch(() => {});
    }
  }

  /** Removes messages that are done. */
  async acknowledge(messages: readonly Message[]): Promise<void> {
    await Promise.all(messages.map(({ id }) => rm(join(this.#folder, id))));
    this.#settle(messages);
  }

  /** Keeps messages that nobody will take, for a person to look at. Brokers call this a dead letter queue. */
  async setAside(messages: readonly Message[]): Promise<void> {
    await Promise.all(messages.map(({ id }) => rename(join(this.#folder, id), join(this.#folder, `${id}.refused`))));
    this.#settle(messages);
  }

  async #waiting(): Promise<string[]> {
    const taken = new Set(this.#taken); // copied before the folder is read, because messages acknowledged meanwhile may still be listed
    const files = await readdir(this.#folder);
    return files.filter((id) => id.endsWith('.json') && !taken.has(id)).toSorted();
  }

  #settle(messages: readonly Message[]): void {
    for (const { id } of messages) this.#taken.delete(id);
  }
}

function parse(id: string, text: string): Message | undefined {
  try {
    return { id, body: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
