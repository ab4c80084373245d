import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { actAfterBody, actBeforeBody } from './answers.ts';
import { Pauses } from './clock.ts';
import { Connections } from './connection.ts';
import { type Definitions, loadDefinitions } from './definitions.ts';
import { Exchange, mediaTypeOf } from './exchange.ts';
import { FaultSchedule, type FaultChoice } from './fault-schedule.ts';
import type { Fault } from './fault.ts';
import type { GrpcGateway } from './grpc-gateway.ts';
import { protobufOfJson } from './json-request.ts';
import type { ReceivedDataPoint } from './metric-messages.ts';
import type { ReceivedLogRecord, ReceivedSpan } from './otlp-messages.ts';
import { Receipts } from './receipts.ts';
import { decompress, readBody, RefusedBodyError } from './request-body.ts';
import type { CollectorCounts, RequestRecord, SignalCounts } from './request-record.ts';
import { errorStatus } from './response-body.ts';
import type { PointAttributes } from './series.ts';
import { Service } from './service.ts';
import type { AcceptedIds, PendingItems, SignalStore } from './signal-store.ts';
import { openStores, signalAt, type SignalName } from './signal.ts';
import { type Tally, tallyOf } from './tally.ts';
import { Watchers, type UntilOptions } from './watchers.ts';

export interface CollectorTls {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
  /**
   * PEM of an authority. Clients need a certificate of it, or the handshake fails. Default: clients need no
   * certificate.
   */
  readonly clientCa?: string;
}

export interface CollectorOptions {
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /**
   * `full` decodes with upstream's definitions and keeps every item for `spans()`, `logRecords()` and `dataPoints()`. `ids`
   * reads only ids, which is several times faster except for data points, and keeps neither items nor headers. Default: full.
   */
  readonly decode?: 'full' | 'ids';
  readonly tls?: CollectorTls;
  /** Whether gRPC is taken too, on a port of its own. Default: false. */
  readonly grpc?: boolean;
  /** Most requests served at a time; the others wait in order, whatever their fault. Default: no limit. */
  readonly maxConcurrent?: number;
  /** Largest accepted body, both on the wire and after decompression; 413 above it. Default: 64 MiB. */
  readonly maxBodyBytes?: number;
  /** The time after which an idle connection is closed. Default: 0, never. */
  readonly keepAliveTimeoutMillis?: number;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Starts an OTLP/HTTP receiver in this process. @throws if it cannot listen, for example because the port is taken */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const collector = new Collector(options, options.decode === 'ids' ? undefined : await loadDefinitions());
  await collector.listen();
  return collector;
}

/** Receives requests, answers as its faults say, and remembers everything. Made by `startCollector`. */
export class Collector implements AsyncDisposable {
  readonly #options: CollectorOptions;
  readonly #definitions: Definitions | undefined;
  readonly #server;
  readonly #connections;
  readonly #onAnyRequest: RequestListener;
  #gateway: GrpcGateway | undefined;
  readonly #faults = new FaultSchedule();
  readonly #pauses = new Pauses();
  readonly #service: Service;
  readonly #watchers = new Watchers<Collector>();
  #receipts: Receipts;
  #port = 0;

  /** @internal */
  constructor(options: CollectorOptions, definitions: Definitions | undefined) {
    const { tls } = options;
    const onRequest = (request: IncomingMessage, response: ServerResponse) => void this.#onRequest(request, response);
    this.#options = options;
    this.#definitions = definitions;
    this.#server =
      tls === undefined
        ? createServer(onRequest)
        : createTlsServer(
            {
              key: tls.key,
              cert: tls.cert,
              ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
            },
            onRequest,
          );
    this.#server.keepAliveTimeout = options.keepAliveTimeoutMillis ?? 0;
    this.#connections = new Connections(this.#server);
    this.#onAnyRequest = onRequest;
    this.#service = new Service(this.#pauses, options.maxConcurrent);
    this.#receipts = new Receipts(openStores(definitions));
  }

  /** @internal */
  async listen(): Promise<void> {
    this.#server.listen(this.#port || (this.#options.port ?? 0), this.#options.host ?? '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    if (this.#options.grpc === true) await this.#listenToGrpc();
  }

  /** Still known after the collector was closed, so that another one can take its place. */
  get port(): number {
    return this.#port;
  }

  /** Scheme, host and port; the signals are at `/v1/traces`, `/v1/logs` and `/v1/metrics` below. */
  get url(): string {
    const host = this.#options.host ?? '127.0.0.1';
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** Scheme, host and port for gRPC. @throws Error without the option `grpc` */
  get grpcUrl(): string {
    if (this.#gateway === undefined) throw new Error('start the collector with `grpc: true`');
    const url = new URL(this.url);
    url.port = String(this.#gateway.port);
    return url.origin;
  }

  /** Sets the fault for every later request; `undefined` ends it. */
  setFault(fault: Fault | FaultChoice | undefined): void {
    this.#faults.set(fault);
  }

  /** Sets one fault each for the next requests, before the standing fault. `undefined` lets that request pass. */
  queueFaults(...faults: readonly (Fault | undefined)[]): void {
    this.#faults.queue(faults);
  }

  /** All requests, in order of arrival. */
  get requests(): readonly RequestRecord[] {
    return this.#receipts.requests;
  }

  /** The accepted span ids, in hex, each with its count. */
  get ids(): AcceptedIds {
    return this.idsOf('traces');
  }

  /** The id of a log record is its attribute `log.record.uid`, that of a data point is what it measures, and its time. */
  idsOf(signal: SignalName): AcceptedIds {
    return this.#receipts.stores[signal].ids;
  }

  /** The accepted spans, in order. @throws Error in decode mode `ids` */
  spans(): readonly ReceivedSpan[] {
    this.#assertDecoded();
    return this.#receipts.stores.traces.spans;
  }

  /** The accepted log records, in order. @throws Error in decode mode `ids` */
  logRecords(): readonly ReceivedLogRecord[] {
    this.#assertDecoded();
    return this.#receipts.stores.logs.logRecords;
  }

  /** The accepted data points, in order. @throws Error in decode mode `ids` */
  dataPoints(): readonly ReceivedDataPoint[] {
    this.#assertDecoded();
    return this.#receipts.stores.metrics.dataPoints;
  }

  /**
   * What a backend would show as the total of a sum, or of a histogram's measurements (see `MetricTotals.totalOf`).
   */
  totalOf(metric: string, attributes?: PointAttributes): number {
    return this.#receipts.stores.metrics.totals.totalOf(metric, attributes);
  }

  /** The part of that total that came from delta points which had arrived before. */
  repeatedOf(metric: string, attributes?: PointAttributes): number {
    return this.#receipts.stores.metrics.totals.repeatedOf(metric, attributes);
  }

  /** The value of the latest point by its own time; undefined without a point. */
  lastValueOf(metric: string, attributes?: PointAttributes): number | undefined {
    return this.#receipts.stores.metrics.totals.lastValueOf(metric, attributes);
  }

  /** The counts of all signals together. */
  counts(): CollectorCounts {
    return this.#receipts.counts();
  }

  countsOf(signal: SignalName): SignalCounts {
    return this.#receipts.countsOf(signal);
  }

  /**
   * How many accepted log records, duplicates included, arrived without their span: they have no trace context, or the
   * collector accepted no span with that id. The call takes time proportional to their number.
   */
  orphanedLogRecords(): number {
    return this.#receipts.orphanedLogRecords();
  }

  /**
   * Resolves as soon as the predicate is true. It is checked now and after each arrival, acceptance, answer and loss.
   * @throws Error after `timeoutMillis` (10 000 by default) with the counts of that moment, or when the collector closes;
   * errors of the predicate
   */
  async until(predicate: (collector: Collector) => boolean, options: UntilOptions = {}): Promise<void> {
    await this.#watchers.until(this, predicate, options);
  }

  /** Forgets all requests and faults. Requests that are open now are still answered, but are not recorded. */
  reset(): void {
    this.#faults.clear();
    this.#receipts = new Receipts(openStores(this.#definitions));
  }

  /** Counts of the ids of a signal, by their first eight digits: see {@link tallyOf}. */
  talliesOf(signal: SignalName): ReadonlyMap<string, Tally> {
    return tallyOf(this.#receipts.stores[signal]);
  }

  /** Cuts every connection and leaves the port, like a process that dies. Received items and faults stay. */
  async interrupt(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#connections.destroyAll();
    await this.#gateway?.interrupt();
    await closed;
  }

  /**
   * Tells clients of gRPC to go away (GOAWAY), which ends their connections with the last calls on them, and leaves the
   * port, like a server that shuts down in good order. What comes over HTTP is cut off.
   */
  async goAway(): Promise<void> {
    await this.#gateway?.goAway();
    await this.interrupt();
  }

  /** Takes the same port again. @throws if it cannot listen */
  async resume(): Promise<void> {
    if (!this.#server.listening) await this.listen();
  }

  /** Ends all faults, and takes the port again if it was left. Received items stay. */
  async heal(): Promise<void> {
    this.#faults.clear();
    await this.resume();
  }

  /** Cuts every connection and leaves no handle behind. Received items can still be read. */
  async close(): Promise<void> {
    const interrupted = this.interrupt();
    this.#pauses.close();
    this.#watchers.abandon('the collector was closed');
    await interrupted;
    await this.#gateway?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Only who asks for gRPC loads it. */
  async #listenToGrpc(): Promise<void> {
    const { host = '127.0.0.1', tls } = this.#options;
    if (this.#gateway === undefined) {
      const { GrpcGateway } = await import('./grpc-gateway.ts');
      this.#gateway = new GrpcGateway(this.#onAnyRequest, host, tls);
    }
    await this.#gateway.listen();
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = this.#gateway?.connectionOf(request) ?? this.#connections.of(request.socket);
    const receipts = this.#receipts;
    const exchange = new Exchange(request, response, connection, receipts, () => this.#watchers.look(this));
    try {
      await this.#serve(exchange, receipts);
    } catch (error) {
      if (!(error instanceof RefusedBodyError)) throw error;
      if (exchange.isOpen) exchange.answer(error.status, errorStatus(error.message, exchange.isJson));
    }
  }

  async #serve(exchange: Exchange, receipts: Receipts): Promise<void> {
    const { request, record } = exchange;
    const signal = signalAt(record.path);
    if (signal === undefined || request.method !== 'POST' || !isOtlp(request)) {
      request.resume();
      exchange.answer(signal === undefined ? 404 : request.method === 'POST' ? 415 : 405);
      return;
    }
    const fault = this.#faults.next(record);
    const maxBytes = this.#options.maxBodyBytes ?? MAX_BODY_BYTES;
    exchange.note({ fault: fault?.kind, ...(this.#definitions === undefined ? { headers: {} } : {}) });
    this.#watchers.look(this);
    const reading = readBody(request, maxBytes);
    actBeforeBody(exchange, fault, this.#pauses);
    const received = await reading;
    if (received === undefined) return;
    const body = await decompress(received, request.headers['content-encoding'], maxBytes);
    exchange.note({ bytes: received.length });
    const message = exchange.isJson ? await readJson(signal, body) : body;
    exchange.hold(body.length, readItems(receipts.stores[signal], message));
    this.#watchers.look(this);
    const met = faultMetBy(exchange, fault);
    exchange.note({ fault: met && fault?.kind });
    await this.#service.serve(exchange, met);
    if (exchange.isLost) return;
    actAfterBody(exchange, met, this.#pauses);
    this.#watchers.look(this);
  }

  #assertDecoded(): void {
    if (this.#definitions === undefined)
      throw new Error("decode: 'ids' keeps no items, start the collector with 'full'");
  }
}

/** Decides about poison, which is known only once the body was decoded. */
function faultMetBy(exchange: Exchange, fault: Fault | undefined): Fault | undefined {
  if (fault?.kind !== 'poison') return fault;
  return exchange.carries(fault.id) ? fault.fault : undefined;
}

function isOtlp(request: IncomingMessage): boolean {
  return ['application/x-protobuf', 'application/json'].includes(mediaTypeOf(request) ?? '');
}

/** A decoder of foreign bytes may fail in any way. Whatever it throws is the sender's fault. */
function readItems(store: SignalStore, body: Uint8Array): PendingItems {
  try {
    return store.read(body);
  } catch (error) {
    throw new RefusedBodyError(400, `no OTLP request: ${String(error)}`, { cause: error });
  }
}

async function readJson(signal: SignalName, body: Uint8Array): Promise<Uint8Array> {
  try {
    return await protobufOfJson(signal, body);
  } catch (error) {
    throw new RefusedBodyError(400, `no OTLP/JSON request: ${String(error)}`, { cause: error });
  }
}
