import { setAttribute, svgElement } from './dom.ts';

const WIDTH = 240;
const HEIGHT = 38;
/** Room for the width of the line. */
const MARGIN = 2;

/** Five minutes as a small curve, with gaps where nothing is known. */
export class Sparkline {
  readonly root: SVGSVGElement;
  readonly #area = svgElement('path', { class: 'area' });
  readonly #line = svgElement('path', { class: 'line' });

  constructor() {
    const base = svgElement('line', {
      class: 'base',
      x1: '0',
      x2: String(WIDTH),
      y1: String(HEIGHT - 0.5),
      y2: String(HEIGHT - 0.5),
    });
    this.root = svgElement(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      base,
      this.#area,
      this.#line,
    );
  }

  /** @param most the value at the top */
  update(values: readonly (number | null)[], most: number, label: string): void {
    const runs = runsOf(values, most);
    const line = runs.map((run) => `M${run.map(([x, y]) => `${x},${y}`).join('L')}`).join('');
    const area = runs
      .map((run) => {
        const [first] = run[0] as Point;
        const [last] = run.at(-1) as Point;
        return `M${first},${HEIGHT}L${run.map(([x, y]) => `${x},${y}`).join('L')}L${last},${HEIGHT}Z`;
      })
      .join('');
    setAttribute(this.#line, 'd', line);
    setAttribute(this.#area, 'd', area);
    setAttribute(this.root, 'aria-label', label);
  }
}

type Point = readonly [x: number, y: number];

/** Neighbouring values that are known, as points. A value alone becomes a short line. */
function runsOf(values: readonly (number | null)[], most: number): readonly (readonly Point[])[] {
  const step = WIDTH / Math.max(values.length - 1, 1);
  const runs: Point[][] = [];
  let run: Point[] | undefined;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      run = undefined;
      continue;
    }
    if (run === undefined) runs.push((run = []));
    const share = most === 0 ? 0 : Math.min(value / most, 1);
    run.push([round(index * step), round(HEIGHT - MARGIN / 2 - share * (HEIGHT - MARGIN * 2))]);
  }
  return runs.map((points) => {
    const [first] = points;
    return points.length > 1 || first === undefined ? points : [[round(first[0] - step / 2), first[1]], first];
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
