import { join } from 'node:path';

/** A file of a chain. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  /** The number of its first item. */
  readonly first: number;
  /** The number after its last item. */
  end: number;
  /** Of the file, as far as it has whole records. */
  bytes: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Whether records may still be added. */
  isOpen: boolean;
}

const NAME = /^(\d{8,})\.seg$/;

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.seg`);
}

/** @returns `undefined` if the file is not a segment */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function cursorPath(folder: string): string {
  return join(folder, 'cursor');
}
