import { statfsSync } from 'node:fs';

const OTHER_HOSTS =
  'is on a network file system: processes of several hosts take over from each other after a minute instead of at once, and when the network hangs, the end of a process hangs with it. A disk of the host is better';

/** Types of file systems on Linux that change what a spool is worth: statfs(2), `f_type`. */
const HINTS: ReadonlyMap<number, string> = new Map([
  [0x69_69, OTHER_HOSTS], // NFS
  [0xfe_53_4d_42, OTHER_HOSTS], // SMB2
  [0xff_53_4d_42, OTHER_HOSTS], // CIFS
  [0x00_c3_64_00, OTHER_HOSTS], // Ceph
  [0x01_02_19_97, OTHER_HOSTS], // 9p
  [
    0x01_02_19_94,
    'is in memory (tmpfs): what it holds counts as memory of the container, and does not survive a restart of the system',
  ],
  [
    0x79_4c_76_30,
    'is in the writable layer of a container (overlay): it is removed with the container. Mount a volume',
  ],
]);

/** What to know about the file system of a folder, as the end of a sentence that begins with "it". */
export function fileSystemHint(folder: string): readonly string[] {
  if (process.platform !== 'linux') return [];
  const hint = HINTS.get(statfsSync(folder).type);
  return hint === undefined ? [] : [`it ${hint}`];
}

/** Bytes that this user may still write. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
