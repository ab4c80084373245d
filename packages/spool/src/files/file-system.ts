import fs, { type Stats } from 'node:fs';

/** The operations on files that the spool uses, named after those of `node:fs`. */
export interface FileOperations {
  open(path: string, flags: number, mode: number): number;
  close(fd: number): void;
  read(fd: number, into: Uint8Array, offset: number, length: number, position: number): number;
  writev(fd: number, chunks: readonly Uint8Array[], position: number): number;
  ftruncate(fd: number, length: number): void;
  fdatasync(fd: number): void;
  fsync(fd: number): void;
  fstat(fd: number): Stats;
  lstat(path: string): Stats;
  readdir(path: string): readonly string[];
  readlink(path: string): string;
  mkdir(path: string, mode: number): void;
  rmdir(path: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  utimes(path: string, accessedAt: number, modifiedAt: number): void;
}

export type FileOperation = keyof FileOperations;

/** One operation with its arguments. */
export interface FileCall<N extends FileOperation = FileOperation> {
  readonly name: N;
  readonly args: Parameters<FileOperations[N]>;
}

/** The one seam for files. Tests put failures in between. */
export interface FileSystem {
  /** Off the main thread. Rejects with the error of `node:fs`. */
  later(call: FileCall): Promise<unknown>;
  /** @throws the error of `node:fs` */
  now(call: FileCall): unknown;
}

type Callback = (error: Error | null, result: unknown) => void;

export const NODE_FILES: FileSystem = {
  async later({ name, args }) {
    const operation = fs[name] as (...given: readonly unknown[]) => void;
    return new Promise((resolve, reject) => {
      const callback: Callback = (error, result) => (error === null ? resolve(result) : reject(error));
      // `node:fs` looks up nothing on `this`.
      operation(...args, callback);
    });
  },
  now({ name, args }) {
    const operation = fs[`${name}Sync`] as (...given: readonly unknown[]) => unknown;
    return operation(...args);
  },
};
