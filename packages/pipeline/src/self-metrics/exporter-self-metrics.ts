import type { Attributes } from '@opentelemetry/api';
import type { FlushOutcome } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import type { MeterSource } from '@spillway/otlp';
import { ComponentAttributes } from './attributes.ts';
import type { ExporterComponent } from './component.ts';
import { type ExporterKey, exporterInstruments } from './conventional-instruments.ts';
import { errorTypeOf } from './error-type.ts';
import { LateInstruments, type Observe, type Observed } from './late-instruments.ts';
import { REQUEST_DURATION } from './own-instruments.ts';

/** The items of an exporter, as far as they were passed to it. */
export interface ExportCounts {
  readonly inflight: number;
  readonly delivered: number;
  /** Lost ones, by `error.type`. Each type comes once. */
  readonly failed: Iterable<readonly [type: string, count: number]>;
}

type Key = ExporterKey | 'requestDuration';

const MILLIS_PER_SECOND = 1_000;

/** The metrics of an exporter. Its items are counted elsewhere, and read when a collection asks for them. */
export class ExporterSelfMetrics implements Observed<Key> {
  readonly #attributes: ComponentAttributes;
  readonly #protocol: ExporterComponent['protocol'];
  readonly #counts: () => ExportCounts;
  readonly #instruments: LateInstruments<Key>;

  constructor(
    signal: Signal,
    component: ExporterComponent,
    source: MeterSource,
    counts: () => ExportCounts,
    complain: (error: unknown) => void,
  ) {
    this.#attributes = new ComponentAttributes(component);
    this.#protocol = component.protocol;
    this.#counts = counts;
    const table = { ...exporterInstruments(signal), requestDuration: REQUEST_DURATION };
    this.#instruments = new LateInstruments(table, source, this, complain);
  }

  refresh(): void {
    this.#instruments.refresh();
  }

  /** One attempt has ended. */
  onAttempt(outcome: FlushOutcome, millis: number): void {
    this.#instruments.record('requestDuration', millis / MILLIS_PER_SECOND, this.#attributesOf(outcome));
  }

  /** A batch has settled with that outcome of its last attempt. */
  onOperation(outcome: FlushOutcome, millis: number): void {
    this.#instruments.record('operationDuration', millis / MILLIS_PER_SECOND, this.#attributesOf(outcome));
  }

  observe(observe: Observe<Key>): void {
    const { inflight, delivered, failed } = this.#counts();
    const { plain } = this.#attributes;
    observe('inflight', inflight, plain);
    observe('exported', delivered, plain);
    for (const [type, count] of failed) observe('exported', count, this.#attributes.with('error.type', type));
  }

  end(): void {
    this.#instruments.end();
  }

  #attributesOf(outcome: FlushOutcome): Attributes {
    const errorType = errorTypeOf(outcome);
    const attributes = { ...this.#attributes.plain, ...statusOf(outcome, this.#protocol) };
    return errorType === undefined ? attributes : { ...attributes, 'error.type': errorType };
  }
}

/** An answer of success keeps no status. OTLP has one for it: https://opentelemetry.io/docs/specs/otlp/#success */
function statusOf(outcome: FlushOutcome, protocol: ExporterComponent['protocol']): Attributes {
  if (protocol === undefined) return {};
  if (outcome.kind === 'delivered')
    return protocol === 'grpc' ? { 'rpc.response.status_code': 'OK' } : { 'http.response.status_code': 200 };
  const { name, code, statusCode } = outcome.error as Error & {
    readonly code?: unknown;
    readonly statusCode?: unknown;
  };
  return {
    ...(name === 'GrpcStatusError' && typeof code === 'string' && { 'rpc.response.status_code': code }),
    ...(typeof statusCode === 'number' && statusCode > 0 && { 'http.response.status_code': statusCode }),
  };
}
