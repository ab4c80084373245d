import type { PipelineReport, RateSet } from '../report/report.ts';
import {
  destinationOf,
  dropsOf,
  type Fact,
  factsOf,
  fillOf,
  headlineOf,
  timesOf,
  type Tone,
} from '../view/pipeline-words.ts';
import { countText, durationText, percentText, rateText, STATE_MEANINGS } from '../view/words.ts';
import { element, KeyedList, setAttribute, setText, svgElement } from './dom.ts';
import { Sparkline } from './sparkline.ts';

/** Shapes, so that no state is told by its colour alone. */
const SHAPES = {
  normal: 'M5.5 0.5a5 5 0 1 0 0.01 0z',
  elevated: 'M5.5 1L10.5 10H0.5z',
  critical: 'M5.5 0L11 5.5L5.5 11L0 5.5z',
  blocked: 'M1 1H10V10H1z',
  draining: 'M0.5 1H10.5L5.5 10z',
} as const;

const STATE_TONES: Readonly<Record<PipelineReport['metrics']['state'], Tone>> = {
  normal: 'good',
  elevated: 'busy',
  critical: 'bad',
  blocked: 'bad',
  draining: 'busy',
};

const TILES = [
  { kind: 'in', name: 'In' },
  { kind: 'out', name: 'Out' },
  { kind: 'lost', name: 'Lost' },
  { kind: 'utilization', name: 'Queue' },
] as const satisfies readonly { readonly kind: keyof RateSet<unknown>; readonly name: string }[];

/** One pipeline. Its elements stay the same, and only their texts change. */
export class PipelineCard {
  readonly root = element('article', 'pipeline');
  readonly #state = element('p', 'state');
  readonly #stateName = element('span');
  readonly #shape = svgElement('path', {});
  readonly #since = element('span', 'since');
  readonly #destination = element('p', 'destination');
  readonly #headline = element('p', 'headline');
  readonly #fill = element('span', 'fill');
  readonly #watermarks = [element('span', 'watermark'), element('span', 'watermark')] as const;
  readonly #bar = element('div', 'bar', this.#fill, ...this.#watermarks);
  readonly #fillText = element('span');
  readonly #tiles: readonly Tile[];
  readonly #facts: KeyedList<Fact>;
  readonly #drops: Section<ReturnType<typeof dropsOf>[number]>;
  readonly #failures: Section<PipelineReport['failures'][number]>;

  constructor({ id, signal }: PipelineReport) {
    const title = element('h2', '', signal);
    title.id = `pipeline-${id}`;
    setAttribute(this.root, 'aria-labelledby', title.id);
    const shape = svgElement('svg', { class: 'shape', viewBox: '0 0 11 11', 'aria-hidden': 'true' }, this.#shape);
    this.#bar.role = 'meter';
    this.#bar.ariaLabel = `Queue of ${signal}`;
    this.#bar.ariaValueMin = '0';
    this.#bar.ariaValueMax = '100';
    this.#tiles = TILES.map(({ kind, name }) => new Tile(kind, name, signal));
    const facts = element('dl', 'facts');
    this.#facts = new KeyedList(facts, ({ name }) => name, makeFact);
    this.#drops = new Section('Dropped', 'drops', element('ul'), ({ reason }) => reason, makeDrop);
    this.#failures = new Section('Last failures', 'failures', element('ol'), ({ found }) => found, makeFailure);
    this.#state.append(shape, this.#stateName, this.#since);
    this.root.append(
      element('div', 'head', title, this.#state, this.#destination),
      this.#headline,
      element('div', 'queue', element('span', 'quiet', 'Queue'), this.#bar, this.#fillText),
      element('div', 'tiles', ...this.#tiles.map((tile) => tile.root)),
      facts,
      this.#drops.root,
      this.#failures.root,
    );
  }

  update(pipeline: PipelineReport): void {
    const { metrics, name, stateMs, rates, lowWatermark, highWatermark } = pipeline;
    const headline = headlineOf(pipeline);
    setAttribute(this.root, 'data-tone', headline.tone);
    for (const part of [this.#state, this.#bar, ...this.#tiles.map(({ root }) => root)])
      setAttribute(part, 'data-tone', STATE_TONES[metrics.state]);
    setText(this.#stateName, metrics.state);
    setText(this.#since, ` (${STATE_MEANINGS[metrics.state]}) for ${durationText(stateMs)}`);
    setAttribute(this.#shape, 'd', SHAPES[metrics.state]);
    setText(this.#destination, `${name} to ${destinationOf(pipeline)}`);
    setText(this.#headline, headline.text);
    const { share, by } = fillOf(pipeline);
    const full = `${percentText(share)}${by === '' ? '' : ` by ${by}`}`;
    this.#fill.style.width = `${share * 100}%`;
    this.#fill.hidden = share === 0;
    for (const [index, watermark] of [lowWatermark, highWatermark].entries())
      (this.#watermarks[index] as HTMLElement).style.left = `${watermark * 100}%`;
    this.#bar.ariaValueNow = String(Math.round(share * 100));
    this.#bar.ariaValueText = full;
    setText(this.#fillText, full);
    // In and out share a scale, so that their curves can be compared.
    const most = Math.max(1, ...rates.history.in.map(known), ...rates.history.out.map(known));
    for (const tile of this.#tiles) tile.update(rates, most);
    this.#facts.update(factsOf(pipeline));
    this.#drops.update(dropsOf(pipeline));
    this.#failures.update(pipeline.failures);
  }
}

/** One curve, with its value of the moment. */
class Tile {
  readonly root = element('figure', 'tile');
  readonly #kind: keyof RateSet<unknown>;
  readonly #name: string;
  readonly #signal: string;
  readonly #figure = element('span');
  readonly #spark = new Sparkline();

  constructor(kind: keyof RateSet<unknown>, name: string, signal: string) {
    this.#kind = kind;
    this.#name = name;
    this.#signal = signal;
    const figure = element('span', 'figure', this.#figure);
    if (kind !== 'utilization') figure.append(element('small', '', ' /s'));
    this.root.dataset['kind'] = kind;
    this.root.append(element('figcaption', '', element('span', '', name), figure), this.#spark.root);
  }

  update({ now, history }: PipelineReport['rates'], mostOfRates: number): void {
    const values = history[this.#kind];
    const value = now[this.#kind];
    const isShare = this.#kind === 'utilization';
    const words = (amount: number | null): string =>
      isShare ? (amount === null ? '–' : percentText(amount)) : rateText(amount);
    setText(this.#figure, words(value));
    const highest = Math.max(0, ...values.map(known));
    const most = isShare ? 1 : this.#kind === 'lost' ? Math.max(1, highest) : mostOfRates;
    const unit = isShare ? '' : ' a second';
    this.root.classList.toggle('some', highest > 0);
    this.#spark.update(
      values,
      most,
      `${this.#name} of ${this.#signal} over five minutes: now ${words(value)}${unit}, at most ${words(highest)}${unit}`,
    );
  }
}

/** A list with a heading, which is shown unless the list is empty. */
class Section<Item> {
  readonly root: HTMLElement;
  readonly #list: KeyedList<Item>;

  constructor(
    heading: string,
    className: string,
    list: HTMLElement,
    keyOf: (item: Item) => string,
    make: (item: Item) => { readonly root: HTMLElement; update(item: Item): void },
  ) {
    this.root = element('div', `more ${className}`, element('h3', '', heading), list);
    this.#list = new KeyedList(list, keyOf, make);
  }

  update(items: readonly Item[]): void {
    this.root.hidden = items.length === 0;
    this.#list.update(items);
  }
}

function makeFact({ name }: Fact) {
  const value = element('dd');
  const root = element('div', '', element('dt', '', name), value);
  return { root, update: ({ text }: Fact) => setText(value, text) };
}

function makeDrop({ reason, meaning }: ReturnType<typeof dropsOf>[number]) {
  const count = element('span', 'count');
  const root = element('li', '', count, element('span', 'reason', reason), element('span', 'quiet', meaning));
  return { root, update: (drop: ReturnType<typeof dropsOf>[number]) => setText(count, countText(drop.count)) };
}

function makeFailure({ found }: PipelineReport['failures'][number]) {
  const times = element('span', 'times');
  const advice = element('p', 'quiet');
  const root = element('li', '', element('p', 'found', `${found} `, times), advice);
  return {
    root,
    update: (failure: PipelineReport['failures'][number]) => {
      setText(times, timesOf(failure));
      setText(advice, failure.advice ?? '');
      advice.hidden = failure.advice === undefined;
    },
  };
}

function known(value: number | null): number {
  return value ?? 0;
}
