import type { Frame, LaneFigures } from '../frame.ts';
import type { PhaseName } from '../phases.ts';
import { count, millis, percent, reasons, wholeSeconds } from './number-text.ts';
import type { View } from './view.ts';

const HEADINGS = ['', 'pipeline', 'made', 'delivered', 'per s', 'held', 'lost', 'queue', 'p99', 'state, losses'];
/** Of the columns above; the last one is as long as it needs to be. */
const WIDTHS = [5, -15, 9, 11, 8, 9, 9, 8, 10];

/** One line a second and pipeline, for where nothing can be drawn again. */
export class LineView implements View {
  readonly #write: (line: string) => void;
  #phase: PhaseName | undefined;
  #second = -1;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  show({ phases, phase, elapsedMillis, lanes }: Frame): void {
    if (phase.name !== this.#phase) {
      this.#phase = phase.name;
      this.#write(`\nphase ${phases.indexOf(phase) + 1} of ${phases.length}, ${phase.name}: ${phase.story}`);
      this.#write(aligned(HEADINGS));
    }
    const second = Math.floor(elapsedMillis / 1_000);
    if (second === this.#second) return;
    this.#second = second;
    for (const [index, lane] of lanes.entries()) this.#write(lineOf(index === 0 ? wholeSeconds(elapsedMillis) : '', lane));
  }

  end(): void {}
}

function lineOf(time: string, lane: LaneFigures): string {
  const remarks = [lane.state, lane.lost > 0 ? reasons(lane.lostByReason) : undefined].filter((remark) => remark !== undefined);
  return aligned([
    time,
    lane.name,
    count(lane.made),
    count(lane.delivered),
    count(lane.deliveredPerSecond),
    count(lane.held),
    count(lane.lost),
    percent(lane.utilization),
    millis(lane.loopDelayP99Millis),
    remarks.join(', '),
  ]);
}

/** A negative width puts the text at the left. */
function aligned(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = WIDTHS[index];
      if (width === undefined) return `  ${cell}`;
      return width < 0 ? `  ${cell.padEnd(-width - 2)}` : cell.padStart(width);
    })
    .join('')
    .trimEnd();
}
