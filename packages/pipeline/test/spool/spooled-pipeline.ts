import { expect, onTestFinished } from 'vitest';
import type { FlushOutcome } from '@spillway/backpressure';
import type { OtlpRequestBody, OtlpTransport } from '@spillway/otlp/transport';
import {
  ExportPipeline,
  type ItemExporter,
  listFormat,
  OTLP_PARTS,
  type OtlpParts,
  type ProcessorOptions,
} from '@spillway/pipeline';
import { expectLaw } from '../../../backpressure/test/accounting-law.ts';
import { delivered } from '../../../backpressure/test/held-consumer.ts';
import { sampleEncoder, type SampleItem } from '../../../otlp/test/buffer/sample-items.ts';
import { idsInRequest } from './sample-requests.ts';

/** One request, held open until the test answers it. */
export interface HeldRequest {
  readonly ids: readonly number[];
  isAnswered: boolean;
  answer(outcome?: FlushOutcome): void;
}

/** An exporter whose collector answers when the test says so. */
export class HeldCollector implements ItemExporter<SampleItem> {
  readonly [OTLP_PARTS]: OtlpParts<SampleItem>;
  readonly requests: HeldRequest[] = [];
  /** The items that were delivered, each time that they were. */
  readonly arrived: number[] = [];
  /** The immediate answer to a request, if there is one. */
  answerTo: (ids: readonly number[]) => FlushOutcome | undefined = () => undefined;

  constructor(parts: Partial<OtlpParts<SampleItem>> = {}, transport: Partial<OtlpTransport> = {}) {
    this[OTLP_PARTS] = {
      newBuffer: listFormat(sampleEncoder).newBuffer,
      transport: { send: (body, signal) => this.#send(body, signal), shutdown: async () => {}, ...transport },
      maxRequestBytes: 2 ** 20,
      concurrencyLimit: 8,
      ...parts,
    };
  }

  get open(): readonly HeldRequest[] {
    return this.requests.filter(({ isAnswered }) => !isAnswered);
  }

  /** Answers everything from now on, and what is open. */
  answerAll(answerTo: (ids: readonly number[]) => FlushOutcome): void {
    this.answerTo = answerTo;
    for (const request of this.open) request.answer(answerTo(request.ids));
  }

  export(): void {
    throw new Error('items are to come encoded');
  }

  async shutdown(): Promise<void> {}

  #send(body: OtlpRequestBody, signal: AbortSignal): Promise<FlushOutcome> {
    const ids = idsInRequest(body);
    return new Promise((resolve) => {
      const request: HeldRequest = {
        ids,
        isAnswered: false,
        answer: (outcome = delivered) => {
          if (request.isAnswered) return;
          request.isAnswered = true;
          if (outcome.kind === 'delivered') this.arrived.push(...ids);
          resolve(outcome);
        },
      };
      this.requests.push(request);
      signal.addEventListener('abort', () =>
        request.answer({ kind: 'retry', error: new Error('too late'), timedOut: true }),
      );
      const answer = this.answerTo(ids);
      if (answer !== undefined) request.answer(answer);
    });
  }
}

type Options = ProcessorOptions<SampleItem>;

/** A pipeline of small items before a held collector. The law is checked in each of its callbacks, and at the end. */
export function spooledPipeline(options: Options, collector = new HeldCollector()) {
  const breaches: unknown[] = [];
  const audit = (): void => {
    try {
      expectLaw(pipeline);
    } catch (breach) {
      breaches.push(breach);
    }
  };
  const pipeline = new ExportPipeline<SampleItem>(
    'Pipe',
    'traces',
    collector,
    { resourceOf: sampleEncoder.resourceOf },
    {
      maxQueueSize: 100,
      maxExportBatchSize: 10,
      scheduledDelayMillis: 100,
      strategy: 'drop_oldest',
      onDrop: audit,
      onStateChange: audit,
      ...options,
    },
  );
  onTestFinished(() => {
    expectLaw(pipeline);
    expect(breaches, 'breaches of the law seen from inside a callback').toEqual([]);
  });
  const offer = (...ids: number[]): void => {
    for (const id of ids) pipeline.offer({ id, bytes: 30 });
    expectLaw(pipeline);
  };
  return { pipeline, collector, offer, metrics: () => pipeline.getMetrics() };
}

/** In ascending order, each once. */
export const sorted = (ids: readonly number[]): number[] => [...new Set(ids)].toSorted((a, b) => a - b);
