import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** A folder for the tests of a file. */
export interface TemporaryFolder {
  /** Of a file in it, whether there is one or not. */
  path(name: string): string;
  /** Writes a file. @returns its path */
  file(name: string, content: string): string;
}

/** Made before the tests of a file, and removed after them. */
export function useTemporaryFolder(): TemporaryFolder {
  let folder: string | undefined;
  const path = (name: string): string => {
    if (folder === undefined) throw new Error('the folder is there while tests run');
    return join(folder, name);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'spillway-node-'));
  });
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });
  return {
    path,
    file(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
  };
}
