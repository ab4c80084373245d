import { setTimeout as sleep } from 'node:timers/promises';
import { ChildProgram, neutralEnvironment } from './child-program.ts';
import { type Frame, LaneGauge } from './frame.ts';
import { Lane } from './lane.ts';
import type { LoadCommand, LoadMessage, LoadSettings } from './load/load-protocol.ts';
import type { DemoOptions } from './options.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { type Phase, phasesOf, SHUTDOWN } from './phases.ts';
import type { PipelineKind } from './pipeline/pipeline.ts';
import type { View } from './view/view.ts';

const FRAME_MILLIS = 250;

/** Is told where the live page of Spillway's service is. */
export type OnPage = (url: string) => void;

type LoadProgram = ChildProgram<LoadCommand, LoadMessage>;

/**
 * Runs the demo: starts everything, walks through the phases, shuts the services down, and counts.
 * Whatever happens, no process is left behind.
 *
 * @param onPage called before the load begins, if there is a live page
 * @param abort is aborted from outside to end early, and by the demo itself if a process ends unexpectedly
 */
export async function runDemo(
  options: DemoOptions,
  view: View,
  onPage: OnPage,
  abort: AbortController,
): Promise<Outcome> {
  const closing: (() => Promise<void>)[] = [];
  try {
    return await unlessAborted(abort.signal, startAndPerform(options, view, onPage, abort, closing));
  } finally {
    view.end();
    await Promise.all(closing.map((close) => close()));
  }
}

async function startAndPerform(
  options: DemoOptions,
  view: View,
  onPage: OnPage,
  abort: AbortController,
  closing: (() => Promise<void>)[],
): Promise<Outcome> {
  const kinds: readonly PipelineKind[] = options.endpoint === undefined ? ['upstream', 'spillway'] : ['spillway'];
  const lanes: Lane[] = [];
  for (const kind of kinds) {
    // oxlint-disable-next-line no-await-in-loop -- if one does not start, none may be about to start
    const lane = await Lane.start(kind, options.endpoint, options.page && kind === 'spillway');
    closing.push(() => lane.close());
    lanes.push(lane);
    if (lane.page !== undefined) onPage(lane.page);
  }
  const load = startLoad({ targets: lanes.map(({ serviceUrl }) => serviceUrl), rate: options.rate });
  closing.push(() => load.kill());
  await load.said('ready');
  return perform(options, lanes, load, view, abort);
}

async function perform(
  options: DemoOptions,
  lanes: readonly Lane[],
  load: LoadProgram,
  view: View,
  abort: AbortController,
): Promise<Outcome> {
  const { signal } = abort;
  const onEarlyEnd = (error: unknown) => abort.abort(error);
  const loadEnded = load.said('ended');
  const servicesEnded = Promise.all(lanes.map((lane) => lane.ended()));
  loadEnded.catch(onEarlyEnd);
  servicesEnded.catch(onEarlyEnd);

  const phases = phasesOf(options.seconds, options.endpoint === undefined ? 'embedded' : 'real');
  const screening = new Screening([...phases, SHUTDOWN], lanes, view, onEarlyEnd);
  try {
    for (const lane of lanes) lane.measure();
    load.tell({ kind: 'start' });
    for (const phase of phases) {
      screening.enter(phase);
      // oxlint-disable-next-line no-await-in-loop -- one phase after the other
      await walkThrough(phase, lanes, signal);
    }
    screening.enter(SHUTDOWN);
    load.tell({ kind: 'stop' });
    const { failed } = await loadEnded;
    for (const lane of lanes) lane.terminate();
    await servicesEnded;
    await screening.showLast();
    return {
      countedBy: options.endpoint === undefined ? 'collector' : 'processor',
      lanes: await Promise.all(lanes.map((lane, index) => outcomeOf(lane, failed[index] ?? 0))),
    };
  } finally {
    screening.stop();
  }
}

async function walkThrough(phase: Phase, lanes: readonly Lane[], signal: AbortSignal): Promise<void> {
  if (phase.faults.length === 0) await sleep(phase.millis, undefined, { signal });
  for (const fault of phase.faults) {
    // oxlint-disable-next-line no-await-in-loop -- one fault after the other
    await Promise.all(lanes.map((lane) => lane.setFault(fault)));
    // oxlint-disable-next-line no-await-in-loop -- the same
    await sleep(phase.millis / phase.faults.length, undefined, { signal });
  }
}

function startLoad(settings: LoadSettings): LoadProgram {
  return new ChildProgram({
    file: new URL('load/main.ts', import.meta.url),
    name: 'load generator',
    settings,
    env: neutralEnvironment(),
  });
}

/** Shows the lanes to a view, several times a second. */
class Screening {
  readonly #phases: readonly Phase[];
  readonly #gauges: readonly LaneGauge[];
  readonly #view: View;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #phase: Phase;

  constructor(phases: readonly Phase[], lanes: readonly Lane[], view: View, onError: (error: unknown) => void) {
    this.#phases = phases;
    this.#phase = phases[0]!;
    this.#gauges = lanes.map((lane) => new LaneGauge(lane));
    this.#view = view;
    this.#timer = setInterval(() => void this.#show().catch(onError), FRAME_MILLIS);
  }

  enter(phase: Phase): void {
    this.#phase = phase;
  }

  async showLast(): Promise<void> {
    this.stop();
    await this.#show();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #show(): Promise<void> {
    const elapsedMillis = performance.now() - this.#startedAt;
    const phase = this.#phase;
    const figures = await Promise.all(this.#gauges.map((gauge) => gauge.read(elapsedMillis)));
    const lanes = figures.filter((lane) => lane !== undefined);
    const frame: Frame = { phases: this.#phases, phase, elapsedMillis, lanes };
    if (lanes.length === this.#gauges.length) this.#view.show(frame);
  }
}

async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
