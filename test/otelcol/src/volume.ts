import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Files that all change at the same moment, like those of a mounted Kubernetes secret: each version has its own folder,
 * and a link points to the newest one.
 */
export class Volume implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'spillway-volume-'));
  #version = 0;

  constructor(files: Readonly<Record<string, string>>) {
    this.write(files);
  }

  /** Replaces all files with these. */
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

  /** The path of a file, the same in every version. */
  pathOf(name: string): string {
    return join(this.#folder, 'current', name);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
