import { type Fault, type SignalCounts, type SpawnedCollector, spawnCollector } from '@spillway/test/collector';
import { ChildProgram, neutralEnvironment } from './child-program.ts';
import type { PipelineKind } from './pipeline/pipeline.ts';
import type { ServiceCommand, ServiceMessage, ServiceSample, ServiceSettings } from './service/service-protocol.ts';
import { REQUEST_DURATION } from './service/shop-metrics.ts';
import { pathOf, type PerSignal, perSignal, SIGNALS } from './signal.ts';
import { SignalHistory } from './signal-history.ts';

const SAMPLE_MILLIS = 250;

export const LANE_NAMES: Readonly<Record<PipelineKind, string>> = { upstream: 'OpenTelemetry', spillway: 'Spillway' };

/** The items that the embedded collector has received. */
export interface Received {
  readonly signals: PerSignal<SignalCounts>;
  /** Open requests of all signals together. */
  readonly requestsOpen: number;
}

/** The pipelines of one service from end to end: the service, and the collector that its signals go to. */
export class Lane {
  readonly kind: PipelineKind;
  /** Scheme, host and port of the service. */
  readonly serviceUrl: string;
  /** The address of the live page of the service, if there is one. */
  readonly page: string | undefined;
  /** The history of each signal's pipeline. */
  readonly history = perSignal(() => new SignalHistory());
  /** Undefined if a real collector takes everything. */
  readonly #collector: SpawnedCollector | undefined;
  readonly #service: ChildProgram<ServiceCommand, ServiceMessage>;
  #sample: ServiceSample | undefined;
  #checks = 0;

  private constructor(
    kind: PipelineKind,
    { url, page }: { readonly url: string; readonly page?: string | undefined },
    service: ChildProgram<ServiceCommand, ServiceMessage>,
    collector: SpawnedCollector | undefined,
  ) {
    this.kind = kind;
    this.serviceUrl = url;
    this.page = page;
    this.#service = service;
    this.#collector = collector;
    service.onMessage((message) => {
      if ('sample' in message) this.#onSample(message.sample);
    });
  }

  /**
   * @param endpoint the URLs of a real collector; undefined starts an embedded one
   * @param page whether the service serves its live page
   */
  static async start(kind: PipelineKind, endpoint: PerSignal<string> | undefined, page: boolean): Promise<Lane> {
    const collector = endpoint === undefined ? await spawnCollector({ decode: 'ids' }) : undefined;
    const settings: ServiceSettings = {
      pipeline: kind,
      urls: endpoint ?? perSignal((signal) => `${collector?.url}${pathOf(signal)}`),
      sampleMillis: SAMPLE_MILLIS,
      page,
    };
    const service = new ChildProgram<ServiceCommand, ServiceMessage>({
      file: new URL('service/main.ts', import.meta.url),
      name: `${LANE_NAMES[kind]} service`,
      settings,
      // A real collector may need the headers and certificates that the environment names.
      env: endpoint === undefined ? neutralEnvironment() : process.env,
    });
    try {
      return new Lane(kind, await service.said('listening'), service, collector);
    } catch (error) {
      await Promise.all([service.kill(), collector?.close()]);
      throw error;
    }
  }

  /** The latest sample of the service. */
  get sample(): ServiceSample | undefined {
    return this.#sample;
  }

  /** How often the counters of all signals were checked. */
  get checks(): number {
    return this.#checks;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#collector?.setFault(fault);
  }

  /** Undefined if the collector is a real one. */
  async received(): Promise<Received | undefined> {
    const collector = this.#collector;
    if (collector === undefined) return undefined;
    const [traces, logs, metrics, { inFlight }] = await Promise.all([
      collector.countsOf('traces'),
      collector.countsOf('logs'),
      measurementsOf(collector),
      collector.counts(),
    ]);
    return { signals: { traces, logs, metrics }, requestsOpen: inFlight };
  }

  /** The number of log records that the embedded collector has without their span. */
  async orphanedLogRecords(): Promise<number | undefined> {
    return this.#collector?.orphanedLogRecords();
  }

  /** Measures the cost of the service from now on. */
  measure(): void {
    this.#service.tell({ kind: 'measure' });
  }

  /** Rejects if the service ends before it was told to. */
  async ended(): Promise<void> {
    await this.#service.said('ended');
  }

  /** Tells the service to end. */
  terminate(): void {
    this.#service.terminate();
  }

  async close(): Promise<void> {
    await Promise.all([this.#service.kill(), this.#collector?.close()]);
  }

  #onSample(sample: ServiceSample): void {
    this.#sample = sample;
    this.#checks += 1;
    for (const signal of SIGNALS) this.history[signal].note(sample.signals[signal].pipeline);
  }
}

/** The collector counts data points. The demo counts the measurements in them. */
async function measurementsOf(collector: SpawnedCollector): Promise<SignalCounts> {
  const [items, duplicates] = await Promise.all([
    collector.totalOf(REQUEST_DURATION),
    collector.repeatedOf(REQUEST_DURATION),
  ]);
  return { items, unique: items - duplicates, duplicates };
}
