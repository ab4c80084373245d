import { type CollectorCounts, type Fault, type SpawnedCollector, spawnCollector } from '@spillway/test/collector';
import { ChildProgram, neutralEnvironment } from './child-program.ts';
import type { PipelineKind } from './pipeline/span-pipeline.ts';
import type { ServiceCommand, ServiceMessage, ServiceSample, ServiceSettings } from './service/service-protocol.ts';

const SAMPLE_MILLIS = 250;

export const LANE_NAMES: Readonly<Record<PipelineKind, string>> = { upstream: 'OpenTelemetry', spillway: 'Spillway' };

/** One pipeline from end to end: a service, and the collector that its spans go to. */
export class Lane {
  readonly kind: PipelineKind;
  /** Scheme, host and port of the service. */
  readonly serviceUrl: string;
  /** Undefined where a real collector takes the spans. */
  readonly #collector: SpawnedCollector | undefined;
  readonly #service: ChildProgram<ServiceCommand, ServiceMessage>;
  readonly #contradictions = new Set<string>();
  #sample: ServiceSample | undefined;
  #checks = 0;
  #mostHeldBytes = 0;

  private constructor(
    kind: PipelineKind,
    serviceUrl: string,
    service: ChildProgram<ServiceCommand, ServiceMessage>,
    collector: SpawnedCollector | undefined,
  ) {
    this.kind = kind;
    this.serviceUrl = serviceUrl;
    this.#service = service;
    this.#collector = collector;
    service.onMessage((message) => {
      if ('sample' in message) this.#onSample(message.sample);
    });
  }

  /** @param endpoint the traces URL of a real collector; undefined starts an embedded one */
  static async start(kind: PipelineKind, endpoint: string | undefined): Promise<Lane> {
    const collector = endpoint === undefined ? await spawnCollector({ decode: 'ids' }) : undefined;
    const settings: ServiceSettings = {
      pipeline: kind,
      tracesUrl: endpoint ?? `${collector?.url}/v1/traces`,
      sampleMillis: SAMPLE_MILLIS,
    };
    const service = new ChildProgram<ServiceCommand, ServiceMessage>({
      file: new URL('service/main.ts', import.meta.url),
      name: `${LANE_NAMES[kind]} service`,
      settings,
      // A real collector may need the headers and certificates that the environment names.
      env: endpoint === undefined ? neutralEnvironment() : process.env,
    });
    try {
      const { url } = await service.said('listening');
      return new Lane(kind, url, service, collector);
    } catch (error) {
      await Promise.all([service.kill(), collector?.close()]);
      throw error;
    }
  }

  /** The service's last word. */
  get sample(): ServiceSample | undefined {
    return this.#sample;
  }

  /** Where its accounts did not add up, at any sample. */
  get contradictions(): readonly string[] {
    return [...this.#contradictions];
  }

  /** How often the accounts were checked. */
  get checks(): number {
    return this.#checks;
  }

  /** The most bytes that it was seen to hold; undefined where the pipeline does not say. */
  get mostHeldBytes(): number | undefined {
    return this.#sample?.pipeline.heldBytes === undefined ? undefined : this.#mostHeldBytes;
  }

  async setFault(fault: Fault | undefined): Promise<void> {
    await this.#collector?.setFault(fault);
  }

  /** What the embedded collector counted. */
  async received(): Promise<CollectorCounts | undefined> {
    return this.#collector?.counts();
  }

  /** What the service costs counts from here. */
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
    this.#mostHeldBytes = Math.max(this.#mostHeldBytes, sample.pipeline.heldBytes ?? 0);
    for (const contradiction of sample.pipeline.contradictions) this.#contradictions.add(contradiction);
  }
}
