import type { SignalName } from '../../collector/src/index.ts';
import { isCollectorBuilt } from './collector-binary.ts';
import { CollectorProcess } from './collector-process.ts';
import { freePorts } from './free-ports.ts';
import type { Received } from './received.ts';

/** If true, the tests are skipped, and the set-up has logged why. */
export const noCollector = !isCollectorBuilt();

/** Of every route that does not say otherwise. */
const SIGNALS: readonly SignalName[] = ['traces', 'logs', 'metrics'];

/** A way through the Collector: its own receiver, processors, and an exporter, for every signal. */
export interface Route {
  readonly tls?: Readonly<Record<string, string | boolean>>;
  /**
   * A file with one bearer token a line. A request needs one of them. The Collector reads the file again when it
   * changes.
   */
  readonly tokenFile?: string;
  /** Most bytes of a request over HTTP, decompressed. Default: the Collector's, 20 MiB. */
  readonly maxRequestBytes?: number;
  /** Signals that its processors can take; the probabilistic sampler cannot take metrics. Default: all. */
  readonly signals?: readonly SignalName[];
  /** Names of processors, in their order. */
  readonly processors?: readonly string[];
  /** Type and configuration. Default: a file, for `received`. */
  readonly exporter?: readonly [type: string, configuration: object];
}

export interface OtelCollectorOptions<Name extends string> {
  readonly routes: Readonly<Record<Name, Route>>;
  /** By name, as in the Collector's configuration. */
  readonly processors?: Readonly<Record<string, object>>;
}

/** Starts a Collector that receives OTLP over HTTP and gRPC, on free ports. */
export async function startOtelCollector<Name extends string>(
  options: OtelCollectorOptions<Name>,
): Promise<OtelCollector<Name>> {
  const names = Object.keys(options.routes) as Name[];
  const ports = await freePorts(2 * names.length);
  const collector = new OtelCollector(
    options,
    new Map(names.map((name, at) => [name, { http: ports[2 * at] ?? 0, grpc: ports[2 * at + 1] ?? 0 }])),
  );
  await collector.start();
  return collector;
}

interface Ports {
  readonly http: number;
  readonly grpc: number;
}

/** The real Collector with a configuration of routes. Made by `startOtelCollector`. */
export class OtelCollector<Name extends string = string> extends CollectorProcess {
  readonly #ports: ReadonlyMap<Name, Ports>;

  /** @internal */
  constructor(options: OtelCollectorOptions<Name>, ports: ReadonlyMap<Name, Ports>) {
    super({ configuration: configurationOf(options, ports) });
    this.#ports = ports;
  }

  portsOf(route: Name): Ports {
    const ports = this.#ports.get(route);
    if (ports === undefined) throw new Error(`there is no route ${route}`);
    return ports;
  }

  /** Scheme, host and port for HTTP. */
  urlOf(route: Name, scheme: 'http' | 'https' = 'http'): string {
    return `${scheme}://127.0.0.1:${this.portsOf(route).http}`;
  }

  /** The same for gRPC. */
  grpcUrlOf(route: Name, scheme: 'http' | 'https' = 'http'): string {
    return `${scheme}://127.0.0.1:${this.portsOf(route).grpc}`;
  }

  override received(route: Name, skip = 0): Received {
    return super.received(route, skip);
  }
}

function configurationOf<Name extends string>(
  { routes, processors = {} }: OtelCollectorOptions<Name>,
  ports: ReadonlyMap<Name, Ports>,
): object {
  const all = [...ports].map(([name, { http, grpc }]) => ({ name, http, grpc, route: routes[name] }));
  const guarded = all.filter(({ route }) => route.tokenFile !== undefined);
  const exporterOf = (name: string, { exporter }: Route): string => `${exporter?.[0] ?? 'file'}/${name}`;
  return {
    receivers: Object.fromEntries(
      all.map(({ name, http, grpc, route: { tls, tokenFile, maxRequestBytes } }) => {
        const security = {
          ...(tls !== undefined && { tls }),
          ...(tokenFile !== undefined && { auth: { authenticator: authenticatorOf(name) } }),
        };
        const limits = maxRequestBytes === undefined ? {} : { max_request_body_size: maxRequestBytes };
        const overHttp = { endpoint: `127.0.0.1:${http}`, ...security, ...limits };
        return [
          `otlp/${name}`,
          { protocols: { http: overHttp, grpc: { endpoint: `127.0.0.1:${grpc}`, ...security } } },
        ];
      }),
    ),
    processors,
    extensions: Object.fromEntries(guarded.map(({ name, route }) => [authenticatorOf(name), guardOf(route)])),
    exporters: Object.fromEntries(
      all.map(({ name, route }) => [exporterOf(name, route), route.exporter?.[1] ?? fileOf(name)]),
    ),
    service: {
      extensions: guarded.map(({ name }) => authenticatorOf(name)),
      telemetry: { metrics: { level: 'none' } },
      pipelines: Object.fromEntries(
        SIGNALS.flatMap((signal) =>
          all
            .filter(({ route: { signals = SIGNALS } }) => signals.includes(signal))
            .map(({ name, route }) => [
              `${signal}/${name}`,
              { receivers: [`otlp/${name}`], processors: route.processors ?? [], exporters: [exporterOf(name, route)] },
            ]),
        ),
      ),
    },
  };
}

function authenticatorOf(name: string): string {
  return `bearertokenauth/${name}`;
}

/** The Collector reads the file before the first request comes. */
function guardOf({ tokenFile }: Route): object {
  return { filename: tokenFile, wait_for_token_file: true, retry_on_failure: { enabled: true, interval: '100ms' } };
}

/**
 * With rotation, a request is written before it is answered. Without it, the Collector acknowledges what it may still
 * lose.
 */
function fileOf(name: string): object {
  return { path: `\${env:OUTPUT}/${name}.jsonl`, rotation: {} };
}
