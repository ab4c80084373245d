import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import type { SignalName } from '@spillway/test/collector';
import type { Frame, LaneFigures } from '../frame.ts';
import { ITEMS, SIGNALS } from '../signal.ts';
import type { SignalFigures } from '../signal-figures.ts';
import { count, millis, percent, reasons, wholeSeconds } from './number-text.ts';
import type { View } from './view.ts';

type Style = Parameters<typeof styleText>[0];

const LABEL_WIDTH = 18;
/** On a wider screen the two lanes would drift apart. */
const WIDEST_LANE = 44;
const RATE_COLUMN = 18;
const BAR_LENGTH = 8;
const FULL = '█';
const EMPTY = '░';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** If the window is made smaller, lines that are too long are cut, so that the height of the picture stays the same. */
const WRAP_OFF = '\x1b[?7l';
const WRAP_ON = '\x1b[?7h';
const ERASE_REST_OF_LINE = '\x1b[K';
const ERASE_REST_OF_SCREEN = '\x1b[J';

interface SignalRow {
  readonly label: (signal: SignalName) => string;
  readonly cell: (figures: SignalFigures) => string;
  readonly style?: (figures: SignalFigures) => Style;
}

const SIGNAL_ROWS: readonly SignalRow[] = [
  { label: (signal) => `${ITEMS[signal]} made`, cell: ({ made, madePerSecond }) => withRate(made, madePerSecond) },
  { label: () => '  delivered', cell: ({ delivered, deliveredPerSecond }) => withRate(delivered, deliveredPerSecond) },
  { label: () => '  held', cell: ({ held }) => number(held) },
  {
    label: () => '  lost',
    cell: ({ lost, lostByReason }) => (lost === 0 ? number(lost) : `${number(lost)}  ${reasons(lostByReason)}`),
    style: ({ lost }) => (lost > 0 ? ['red', 'bold'] : 'green'),
  },
  {
    label: () => '  queue',
    cell: ({ utilization, state = '' }) => `${bar(utilization)} ${state}`,
    style: ({ utilization }) => colourOf(utilization),
  },
];

/** One picture that is redrawn in place. */
export class LiveView implements View {
  /** The smallest terminal that fits the picture. */
  static readonly LEAST_COLUMNS = 72;
  static readonly LEAST_ROWS = 24;

  readonly #out: WriteStream;
  #drawnLines = 0;

  constructor(out: WriteStream) {
    this.#out = out;
  }

  show(frame: Frame): void {
    const lines = this.#picture(frame);
    const toTop = this.#drawnLines === 0 ? HIDE_CURSOR : `\x1b[${this.#drawnLines}A\r`;
    const text = lines.map((line) => `${line}${ERASE_REST_OF_LINE}\n`).join('');
    this.#out.write(`${toTop}${WRAP_OFF}${text}${ERASE_REST_OF_SCREEN}${WRAP_ON}`);
    this.#drawnLines = lines.length;
  }

  end(): void {
    if (this.#drawnLines > 0) this.#out.write(`${WRAP_ON}${SHOW_CURSOR}`);
    this.#drawnLines = 0;
  }

  #picture({ phases, phase, elapsedMillis, lanes }: Frame): string[] {
    const width = Math.min(Math.floor((this.#out.columns - LABEL_WIDTH) / lanes.length), WIDEST_LANE);
    const row = (label: string, cell: (lane: LaneFigures) => string, style?: (lane: LaneFigures) => Style): string => {
      const cells = lanes.map((lane) => paint(fit(cell(lane), width), style?.(lane)));
      return paint(label.padEnd(LABEL_WIDTH), 'dim') + cells.join('');
    };
    const planned = phases.reduce((sum, { millis: length }) => sum + length, 0);
    const time =
      elapsedMillis < planned
        ? `${wholeSeconds(elapsedMillis)} of ${wholeSeconds(planned)}`
        : wholeSeconds(elapsedMillis);
    const names = phases.map(({ name }) =>
      name === phase.name ? paint(`[${name}]`, ['inverse', 'bold']) : paint(` ${name} `, 'dim'),
    );
    return [
      '',
      `${names.join(paint('>', 'dim'))}   ${time}`,
      ` ${phase.story}`,
      '',
      row(
        '',
        ({ name }) => name,
        () => 'bold',
      ),
      ...SIGNALS.flatMap((signal) =>
        SIGNAL_ROWS.map(({ label, cell, style }) =>
          row(
            label(signal),
            ({ signals }) => cell(signals[signal]),
            style && (({ signals }) => style(signals[signal])),
          ),
        ),
      ),
      row('requests open', ({ requestsOpen }) => (requestsOpen === undefined ? '-' : number(requestsOpen))),
      row('event loop p99', ({ loopDelayP99Millis }) => millis(loopDelayP99Millis).padStart(10)),
      '',
    ];
  }
}

function paint(text: string, style: Style | undefined): string {
  return style === undefined ? text : styleText(style, text);
}

/** Pads or cuts to the width, and leaves a space before the next column. */
function fit(text: string, width: number): string {
  return text.length < width ? text.padEnd(width) : `${text.slice(0, width - 2)}… `;
}

function number(value: number): string {
  return count(value).padStart(7);
}

function withRate(value: number, perSecond: number): string {
  return `${number(value)}${`${count(perSecond)}/s`.padStart(RATE_COLUMN - 7)}`;
}

function bar(utilization: number): string {
  // A queue that is not empty shows at least one block.
  const full = utilization === 0 ? 0 : Math.min(BAR_LENGTH, Math.max(1, Math.round(utilization * BAR_LENGTH)));
  return `${FULL.repeat(full)}${EMPTY.repeat(BAR_LENGTH - full)} ${percent(utilization)}`;
}

/** The default watermarks of Spillway. */
function colourOf(utilization: number): Style {
  if (utilization >= 0.8) return 'red';
  return utilization >= 0.5 ? 'yellow' : 'green';
}
