import { withSelfMetrics } from '#optional';
import { now, Presence, startTimer } from '@spillway/backpressure';
import type { Signal } from '@spillway/config';
import { type OtlpExporterOptions, resolveExporterOptions } from '@spillway/otlp';
import { errorText } from '@spillway/otlp/encoding';
import { createExporterTransport, type OtlpTransport, TRANSPORT_DEFAULTS } from '@spillway/otlp/transport';
import { withDeadline } from '../deadline.ts';
import { destinationAt } from '../destinations.ts';
import { EXPORT_FAILED, type ExportResultLike, type SdkExporter } from '../foreign/sdk-exporter.ts';
import { LossLines } from '../log/loss-lines.ts';
import { PendingResources } from '../pending-resources.ts';
import { ownDiag, withinExport } from '../scope/export-scope.ts';
import { otlpComponent } from '../self-metrics/component.ts';
import type { StandaloneExport, StandaloneSelfMetrics } from '../self-metrics/standalone-self-metrics.ts';
import type { ExportFormat } from './export-format.ts';
import { OTLP_PARTS, type OtlpParts } from './otlp-parts.ts';
import { RetryGate } from './standalone-retry-gate.ts';
import { deliver } from './standalone-delivery.ts';

/** Without this, an export without a time-out would never let `shutdown` end. */
const SHUTDOWN_PATIENCE_MILLIS = 10_000;

/** How long a shutdown waits for a collector that was never there. */
const ABSENT_AFTER_MILLIS = 500;

/** Assumed duration of an export without a time-out, to work out how long it waits for attributes of a resource. */
const EXPORT_WITHOUT_LIMIT_MILLIS = 30_000;

/**
 * Sends items to an OTLP collector. With Spillway's processor, only its parts are used: the processor encodes early,
 * and its controller retries. With upstream's processors, it is an ordinary exporter, and retries until its time-out.
 */
export class OtlpExporter<Item, Exported = Item[]> implements SdkExporter<Exported> {
  readonly [OTLP_PARTS]: OtlpParts<Item>;
  readonly #format: ExportFormat<Item, Exported>;
  readonly #transport: OtlpTransport;
  readonly #concurrencyLimit: number;
  readonly #timeoutMillis: number;
  readonly #resources: PendingResources;
  readonly #presence = new Presence();
  /**
   * The exports in flight, each with what ends it. One for all would not do, because a worker binds what is made in a
   * request to that request.
   */
  readonly #underWay = new Map<Promise<void>, AbortController>();
  readonly #losses: LossLines;
  readonly #selfMetrics: () => StandaloneSelfMetrics | undefined;
  /** Created with the first export. With Spillway's processor there is none. */
  #gate: RetryGate | undefined;
  #isShutdown = false;

  /** @throws RangeError or TypeError that names option and value */
  constructor(name: string, signal: Signal, format: ExportFormat<Item, Exported>, options: OtlpExporterOptions = {}) {
    const resolved = resolveExporterOptions(signal, options, (message) => ownDiag.warn(`${name}: ${message}`));
    const { transport, concurrencyLimit, protocol, output, meterSource } = resolved;
    const way = { protocol, url: transport.url, hasOutput: output !== undefined, meterSource };
    const component = otlpComponent(name, signal, way);
    this.#losses = new LossLines(name, signal);
    this.#format = format;
    this.#transport = createExporterTransport(signal, resolved);
    this.#concurrencyLimit = concurrencyLimit;
    this.#timeoutMillis = (transport.timeoutMillis ?? TRANSPORT_DEFAULTS.timeoutMillis) || Infinity;
    this.#resources = new PendingResources(name, Math.min(this.#timeoutMillis, EXPORT_WITHOUT_LIMIT_MILLIS));
    const complain = (error: unknown): void =>
      ownDiag.debug(`${name}: self-metrics cannot be recorded: ${errorText(error)}`);
    this.#selfMetrics =
      meterSource === undefined
        ? () => undefined
        : withSelfMetrics((code) => new code.StandaloneSelfMetrics(signal, component, meterSource, complain), complain);
    const maxRequestBytes = transport.maxRequestBytes ?? TRANSPORT_DEFAULTS.maxRequestBytes;
    // Nobody calls this reference: it shows whether the application has replaced the exporter's `export`.
    // oxlint-disable-next-line typescript/unbound-method
    const own = OtlpExporter.prototype.export;
    this[OTLP_PARTS] = {
      newBuffer: format.newBuffer,
      transport: this.#transport,
      maxRequestBytes,
      concurrencyLimit,
      component,
      export: own,
    };
  }

  export(exported: Exported, resultCallback: (result: ExportResultLike) => void): void {
    if (this.#isShutdown)
      return this.#refuse(exported, 'already_shutdown', 'the exporter is shut down', resultCallback);
    if (this.#underWay.size >= this.#concurrencyLimit)
      return this.#refuse(exported, 'concurrency_limit', 'Concurrent export limit reached', resultCallback);
    const selfMetrics = this.#selfMetrics()?.begin(this.#countOf(exported));
    const ending = new AbortController();
    const work = this.#deliver(exported, selfMetrics, ending.signal)
      .catch((error: unknown) => failure(`the export failed: ${errorText(error)}`))
      .then((result) => {
        selfMetrics?.end(result.error);
        // Before the callback: if the caller exports again as soon as it has a result, the place must be free.
        this.#underWay.delete(work);
        return resultCallback(result);
      })
      // An error of the callback is the caller's, and must not be taken for a failed export.
      .catch((error: unknown) => ownDiag.error(`the result callback of an export threw: ${errorText(error)}`));
    this.#underWay.set(work, ending);
  }

  /**
   * Resolves once the exports in flight have their results, each by its deadline. Keeps the process alive until then.
   */
  async forceFlush(): Promise<void> {
    if (this.#underWay.size === 0) return;
    await withDeadline(async () => void (await Promise.all(this.#underWay.keys())), Infinity, 'forceFlush');
  }

  /**
   * Waits for the exports in flight, for 10 s at most, or for half a second if no collector has ever been there. Closes
   * the connections. Runs once.
   */
  async shutdown(): Promise<void> {
    if (this.#isShutdown) return;
    this.#isShutdown = true;
    const absence = startTimer(() => {
      if (this.#presence.isAbsent) this.#endAll();
    }, ABSENT_AFTER_MILLIS);
    const flushed = this.#resources.within(SHUTDOWN_PATIENCE_MILLIS, () =>
      withDeadline(() => this.forceFlush(), SHUTDOWN_PATIENCE_MILLIS, 'forceFlush'),
    );
    await flushed.catch((error: unknown) =>
      ownDiag.warn(`OTLP exporter: ${errorText(error)}; the exports still in flight are aborted`),
    );
    absence.cancel();
    this.#endAll();
    this.#losses.flush();
    this.#selfMetrics()?.end();
    this.#gate?.close();
    await this.#transport.shutdown();
  }

  #endAll(): void {
    for (const ending of this.#underWay.values()) ending.abort();
  }

  #refuse(
    exported: Exported,
    errorType: string,
    why: string,
    resultCallback: (result: ExportResultLike) => void,
  ): void {
    this.#selfMetrics()?.refuse(this.#countOf(exported), errorType);
    resultCallback(failure(why));
  }

  #countOf(exported: Exported): number {
    let items = 0;
    try {
      this.#format.forEachItem(exported, () => (items += 1));
    } catch {
      // The export fails in the same way, and its result says so.
    }
    return items;
  }

  async #deliver(
    exported: Exported,
    selfMetrics: StandaloneExport | undefined,
    signal: AbortSignal,
  ): Promise<ExportResultLike> {
    const deadline = now() + this.#timeoutMillis;
    await this.#resources.settle(this.#format.resourcesOf(exported), signal);
    const send: OtlpTransport['send'] = async (body, ended) => {
      const outcome = await this.#transport.send(body, ended);
      this.#presence.onOutcome(outcome);
      return outcome;
    };
    const gate = (this.#gate ??= new RetryGate(destinationAt(this.#transport.origin)));
    const buffer = this.#format.newBuffer({ maxItemBytes: this[OTLP_PARTS].maxRequestBytes });
    return withinExport(() =>
      deliver((visit) => this.#format.forEachItem(exported, visit), buffer, {
        send,
        gate,
        deadline,
        signal,
        losses: this.#losses,
        selfMetrics,
      }),
    );
  }
}

function failure(message: string): ExportResultLike {
  return { code: EXPORT_FAILED, error: new Error(message) };
}
