import type { SpoolLossReason } from '@spillway/pipeline';
import type { Work } from '../files/work.ts';
import type { Segment } from './segment.ts';

/** What becomes of items that this process does not send: they are lost for a reason, or another process sends them. */
export type Fate = SpoolLossReason | 'taken over';

export interface ChainEvents extends HeldEvents {
  /** Another process has files with these items now. Those that are being sent are still sent. */
  onFilesTakenOver(items: number): void;
  /** What becomes of the items of a file that is not there any more. */
  fateOfMissing(): Fate;
  /** The file that is written to is missing, and its writer may be able to write it again. */
  onCurrentMissing(): void;
  /** A file could not be read. It is not used any more, and still there unless it is missing. */
  onUnreadable(segment: Segment, error: unknown): Work<void>;
}

export interface HeldEvents {
  onLost(reason: SpoolLossReason, items: number): void;
  /** This process does not send these items any more, and another one does. */
  onTakenOver(items: number): void;
}
