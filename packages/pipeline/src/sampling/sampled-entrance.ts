import type { Admission } from '@spillway/backpressure';
import type { ThresholdMark } from '@spillway/otlp/encoding';
import type { ProcessorController, SignalItems } from '../controlled-export.ts';
import type { LoadSampling } from './load-sampling.ts';

/** The way of an item into the controller: first sampling, if there is any, then the controller's own admission. */
export class SampledEntrance<Item> {
  readonly #controller: ProcessorController<Item>;
  readonly #sampling: LoadSampling<Item> | undefined;
  readonly #marked: SignalItems<Item>['marked'];

  /** @param marked writes into an item the sampling that it has passed; `undefined` if its encoder does */
  constructor(
    controller: ProcessorController<Item>,
    sampling: LoadSampling<Item> | undefined,
    marked: SignalItems<Item>['marked'],
  ) {
    this.#controller = controller;
    this.#sampling = sampling;
    this.#marked = marked;
  }

  /** Never throws, never waits. @returns whether the item was accepted; if not, a counter says why */
  offer(item: Item): boolean {
    const sampling = this.#sampling;
    if (sampling === undefined) return this.#controller.tryPush(item);
    const admission = sampling.decide(item);
    if (admission === undefined) {
      this.#controller.discard('sampled_out');
      return false;
    }
    const { mark } = admission;
    if (this.#marked === undefined || mark?.isSaid !== true) return this.#controller.tryPush(item, admission);
    return this.#offerMarked(item, admission, mark, this.#marked);
  }

  #offerMarked(
    item: Item,
    admission: Admission<ThresholdMark>,
    mark: ThresholdMark,
    marked: NonNullable<SignalItems<Item>['marked']>,
  ): boolean {
    let stated: Item;
    try {
      stated = marked(item, mark);
    } catch {
      this.#controller.discard('unencodable');
      return false;
    }
    return this.#controller.tryPush(stated, admission);
  }
}
