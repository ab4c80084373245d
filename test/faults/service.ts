import assert from 'node:assert/strict';
import type { OtlpExporterOptions } from '@spillway/otlp';
import type { ProcessorOptions } from '@spillway/pipeline';
import type { EventSignal } from '../collector/src/index.ts';
import { brokenLaw, openPipeline, type Pipeline } from './pipeline.ts';
import { exporterTo, type Wire } from './wire.ts';

export interface ServiceOptions extends ProcessorOptions<unknown> {
  /** Scheme, host and port of the collector. */
  readonly url: string;
  /** Default: HTTP. */
  readonly wire?: Wire;
  readonly otlp?: OtlpExporterOptions;
}

/** A small application with telemetry of one signal: the real SDK 3.x, Spillway's processor, and the OTLP exporter. */
export class Service {
  readonly signal: EventSignal;
  readonly #pipeline: Pipeline;
  readonly #ids: string[] = [];

  constructor(signal: EventSignal, { url, wire = 'HTTP', otlp, ...options }: ServiceOptions) {
    this.signal = signal;
    this.#pipeline = openPipeline(signal, {
      exporter: { ...exporterTo(wire, url, signal), ...otlp },
      processor: { scheduledDelayMillis: 50, ...options },
    });
  }

  get processor(): Pipeline['processor'] {
    return this.#pipeline.processor;
  }

  /** Ends spans, or emits log records. */
  make(count: number, name = 'GET /'): void {
    for (let index = 0; index < count; index += 1) this.#ids.push(this.#pipeline.emit(name));
  }

  /** The ids of all items that were made. */
  get made(): readonly string[] {
    return this.#ids;
  }

  forceFlush(): Promise<void> {
    return this.processor.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#pipeline.shutdown();
    this.expectLaw();
  }

  /**
   * made = offered + not built; offered = accepted + rejected;
   * accepted = flushed + failed + evicted + spilled + buffered + in flight
   */
  expectLaw(): void {
    const metrics = this.processor.getMetrics();
    assert.equal(brokenLaw(metrics), undefined);
    assert.equal(metrics.eventsOffered + metrics.eventsNotBuilt, this.#ids.length, 'made = offered + not built');
  }
}
