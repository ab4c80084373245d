import type { Frame, LaneFigures } from '../frame.ts';
import type { PhaseName } from '../phases.ts';
import { ITEMS, SIGNALS } from '../signal.ts';
import type { SignalFigures } from '../signal-figures.ts';
import { count, millis, percent, reasons, wholeSeconds } from './number-text.ts';
import type { View } from './view.ts';

const HEADINGS = ['', 'pipeline', 'of', 'made', 'delivered', 'per s', 'held', 'lost', 'queue', 'p99', 'state, losses'];
/** The widths of the columns above. The last column is as long as it needs to be. */
const WIDTHS = [5, -15, -14, 9, 11, 8, 9, 9, 8, 10];

/** Prints one line a second for each pipeline, for output that cannot be redrawn. */
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
    for (const [index, lane] of lanes.entries()) {
      for (const line of linesOf(index === 0 ? wholeSeconds(elapsedMillis) : '', lane)) this.#write(line);
    }
  }

  end(): void {}
}

/** Figures of the whole lane are in its first line. */
function linesOf(time: string, { name, signals, loopDelayP99Millis }: LaneFigures): string[] {
  return SIGNALS.map((signal, index) => {
    const isFirst = index === 0;
    const { made, delivered, deliveredPerSecond, held, lost, utilization } = signals[signal];
    return aligned([
      isFirst ? time : '',
      isFirst ? name : '',
      ITEMS[signal],
      count(made),
      count(delivered),
      count(deliveredPerSecond),
      count(held),
      count(lost),
      percent(utilization),
      isFirst ? millis(loopDelayP99Millis) : '',
      remarksOn(signals[signal]),
    ]);
  });
}

function remarksOn({ state, lost, lostByReason }: SignalFigures): string {
  return [state, lost > 0 ? reasons(lostByReason) : undefined].filter((remark) => remark !== undefined).join(', ');
}

/** A negative width aligns the text to the left. */
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
