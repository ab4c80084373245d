import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** A folder for the tests of one file. */
export interface TemporaryFolder {
  /** The path of a file in it, whether the file exists or not. */
  path(name: string): string;
  /** Writes a file. @returns its path */
  file(name: string, content: string): string;
}

/** The folder is created before the tests of a file and removed after them. */
export function useTemporaryFolder(): TemporaryFolder {
  let folder: string | undefined;
  const path = (name: string): string => {
    if (folder === undefined) throw new Error('the folder exists only while tests run');
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
