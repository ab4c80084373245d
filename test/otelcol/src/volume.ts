import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Files that all change at one moment, as those of a secret that Kubernetes mounts: they are in a folder of their own for each
 * version, and a link leads to the newest.
 */
export class Volume implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spillway-volume-'));
  #version = 0;

  constructor(files: Readonly<Record<string, string>>) {
    this.write(files);
  }

  /** Puts these files in the place of all that were there. */
  write(files: Readonly<Record<string, string>>): void {
    const before = String(this.#version);
    this.#version += 1;
    const version = String(this.#version);
    mkdirSync(join(this.#folder, version));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.#folder, version, name), content);
    symlinkSync(version, join(this.#folder, 'next'));
    renameSync(join(this.#folder, 'next'), join(this.#folder, 'current'));
    rmSync(join(this.#folder, before), { recursive: true, force: true });
  }

  /** Where a file is, in every version. */
  pathOf(name: string): string {
    return join(this.#folder, 'current', name);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
