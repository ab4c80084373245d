/** The code of an error of `node:fs`, for example `ENOSPC`; `undefined` for any other error. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Whether nothing is wrong with the file, and the same operation may work later. */
export function isPassing(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN', 'EINTR', 'EBUSY', 'ETIMEDOUT'].includes(
    codeOf(error) ?? '',
  );
}

/** Whether the disk, or what this user may use of it, is full. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error) ?? '');
}

export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ESTALE'].includes(codeOf(error) ?? '');
}

/** What the user can do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'It must belong to the user of this process, with mode 0700',
  EPERM: 'It must belong to the user of this process, with mode 0700',
  EROFS: 'It is on a file system that is read-only. Mount a volume that can be written',
  ENOSPC: 'The disk is full. Free some space, or lower maxBytes',
  EDQUOT: 'The quota of this user is used up. Raise it, or lower maxBytes',
  EFBIG: 'The file size limit of this process is too low (ulimit -f)',
  EMFILE: 'The process has too many open files (ulimit -n)',
  ENFILE: 'The system has too many open files',
  EIO: 'The disk has failed',
  ENOTDIR: 'A part of the path is a file',
  EEXIST: 'A file is in its place',
  ELOOP: 'It is a symbolic link, which the spool does not follow',
  ENAMETOOLONG: 'The path is too long',
  EXDEV: 'The file system cannot rename folders',
  ENOSYS: 'The file system does not have this operation',
  ENOTSUP: 'The file system does not have this operation',
};

/** For messages: what went wrong, and what to do about it. */
export function fileErrorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const advice = ADVICE[codeOf(error) ?? ''];
  return advice === undefined ? text : `${text}. ${advice}`;
}
