import { join } from 'node:path';
import type { Signal } from '@spillway/config';
import { codeOf, isMissing, isPassing } from '../files/file-error.ts';
import { namesIn } from '../files/folder.ts';
import { readStart } from '../files/small-file.ts';
import { ignoringFileErrors, type Work } from '../files/work.ts';
import { CURSOR_BYTES, type Cursor, decodeCursor } from '../format/cursor.ts';
import type { ChainContents } from './chain-contents.ts';
import { cursorPath, type Segment, segmentNumber } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';

/** What can be known of a file without reading its bodies. */
interface Surveyed extends Omit<Segment, 'end'> {
  readonly salt: number | undefined;
}

/**
 * Looks at what another process has left. Damage never makes it fail, and of most files only the header is read.
 * @param onUnreadable a file that could not be read, or in which there is nothing that belongs to a spool
 * @throws an error of `node:fs` that may pass: try again later
 */
export function* openChain(
  folder: string,
  signal: Signal,
  onUnreadable: (path: string, error: unknown) => Work<void>,
): Work<Omit<ChainContents, 'storedBy'>> {
  const found: Surveyed[] = [];
  for (const { number, path } of yield* segmentsIn(folder)) {
    try {
      const segment = yield* survey(number, path);
      if (segment === undefined) yield* onUnreadable(path, new Error('It has no record'));
      else found.push(segment);
    } catch (error) {
      if (codeOf(error) === undefined || isPassing(error)) throw error;
      yield* onUnreadable(path, error);
    }
  }
  const salt = found.find((segment) => segment.salt !== undefined)?.salt;
  const cursor = yield* cursorOf(folder, salt);
  const segments: Segment[] = [];
  // Numbers only grow. What says otherwise is from another chain.
  let least = 0;
  for (const [index, segment] of found.entries()) {
    const following = found[index + 1];
    const end = following === undefined ? yield* lastItem(segment, onUnreadable) : following.first;
    segments.push({ ...segment, first: Math.max(segment.first, least), end: Math.max(end, segment.first, least) });
    least = Math.max(end, segment.first, least);
  }
  const first = segments[0]?.first ?? 0;
  // A file that is missing at the beginning was settled. One that is missing later shows as a gap.
  const next = Math.max(first, cursor?.item ?? 0);
  // Only metrics supersede each other.
  const superseding = signal === 'metrics' ? yield* lastSuperseding(segments, next) : 0;
  return {
    folder,
    salt: salt ?? 0,
    segments,
    next: Math.max(next, superseding),
    end: Math.max(segments[segments.length - 1]?.end ?? 0, next, superseding),
    sequence: cursor?.sequence ?? 0,
  };
}

/** The files of a chain, oldest first. Anything else in the folder is left alone. */
export function* segmentsIn(folder: string): Work<readonly { readonly number: number; readonly path: string }[]> {
  const segments: { number: number; path: string }[] = [];
  for (const name of yield* namesIn(folder)) {
    const number = segmentNumber(name);
    if (number !== undefined) segments.push({ number, path: join(folder, name) });
  }
  return segments.toSorted((a, b) => a.number - b.number);
}

export function* cursorOf(folder: string, salt: number | undefined): Work<Cursor | undefined> {
  try {
    return decodeCursor(yield* readStart(cursorPath(folder), CURSOR_BYTES), salt);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** @returns `undefined` if nothing in the file belongs to a spool */
function* survey(number: number, path: string): Work<Surveyed | undefined> {
  const reader = yield* SegmentReader.open(path);
  try {
    const bytes = yield* reader.size();
    const known = { number, path, bytes, isOpen: false };
    const { header } = reader;
    if (header !== undefined) return { ...known, ...header };
    const entry = yield* reader.next(bytes, true);
    if (entry === undefined) return undefined;
    const { first, storedAt, salt } = entry.head;
    return { ...known, first, createdAt: storedAt, salt };
  } finally {
    yield* ignoringFileErrors(reader.close());
  }
}

/** The number after the last item of the last file. */
function* lastItem(segment: Surveyed, onUnreadable: (path: string, error: unknown) => Work<void>): Work<number> {
  let end = segment.first;
  try {
    const reader = yield* SegmentReader.open(segment.path, segment.salt);
    try {
      for (;;) {
        const entry = yield* reader.next(segment.bytes, true);
        if (entry === undefined) return end;
        end = Math.max(end, entry.head.first + entry.head.items);
      }
    } finally {
      yield* ignoringFileErrors(reader.close());
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    // Its first part may still be read later. If not, the chain says so then.
    if (isMissing(error)) yield* onUnreadable(segment.path, error);
    return end;
  }
}

/** The first item of the last record that supersedes all before it, because only what follows is to be sent. */
function* lastSuperseding(segments: readonly Segment[], next: number): Work<number> {
  let superseding = 0;
  for (const segment of segments) {
    if (segment.end <= next) continue;
    try {
      const reader = yield* SegmentReader.open(segment.path);
      try {
        for (;;) {
          const entry = yield* reader.next(segment.bytes, true);
          if (entry === undefined) break;
          if (entry.head.supersedes) superseding = Math.max(superseding, entry.head.first);
        }
      } finally {
        yield* ignoringFileErrors(reader.close());
      }
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
    }
  }
  return superseding;
}
