const REASONS: Readonly<Record<string, string>> = {
  EAGAIN: 'the system allows no more processes',
  ENOMEM: 'the system has no memory for another process',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the system has too many open files',
  ENOENT: 'the executable of this process is gone',
  EACCES: 'the executable of this process may not be run',
  EPERM: 'the system does not permit it',
  ERR_ACCESS_DENIED: 'this process has no --allow-child-process',
};

/** Errors about the executable itself. After any other error, another executable would fail as well. */
const OF_EXECUTABLE: readonly string[] = ['ENOENT', 'EACCES', 'EPERM', 'ENOEXEC', 'ELIBBAD'];

/** Why no process could be started, in plain words. */
export function startFailure(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? String(error) : `${REASONS[code] ?? 'the system refused it'} (${code})`;
}

export function concernsExecutable(error: unknown): boolean {
  return OF_EXECUTABLE.includes(codeOf(error) ?? '');
}

/** The process did start, and ended before it had read its input: another program, or a Node that lacks a library. */
export function hasEndedEarly(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET', 'EOF'].includes(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
