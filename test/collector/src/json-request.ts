import type { SignalName } from './signal.ts';

interface RequestType {
  fromObject(json: object): object;
  encode(message: object): { finish(): Uint8Array };
}

/** The part of the generated code that is used, which its own declarations do not name. */
interface GeneratedRoot {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly [Kind in 'trace' | 'logs' | 'metrics']: { readonly v1: Readonly<Record<string, RequestType>> };
      };
    };
  };
}

/** Where the request of each signal is. */
const REQUESTS = {
  traces: ['trace', 'ExportTraceServiceRequest'],
  logs: ['logs', 'ExportLogsServiceRequest'],
  metrics: ['metrics', 'ExportMetricsServiceRequest'],
} as const;

/** These are in hex, where protobuf's own JSON has base64. */
const IDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

/**
 * The protobuf of a request in OTLP/JSON, with upstream's definitions: the stores read protobuf. The definitions are loaded with
 * the first such request, so that a receiver that only counts ids starts without them.
 * @throws an error that says what is wrong with the body
 */
export async function protobufOfJson(signal: SignalName, body: Uint8Array): Promise<Uint8Array> {
  const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body), (name, value: unknown) =>
    IDS.has(name) ? idOf(name, value) : value,
  );
  if (typeof json !== 'object' || json === null) throw new TypeError('not an object');
  const module = await import('otlp-protobuf-definitions/build/src/generated/root.js');
  const [kind, name] = REQUESTS[signal];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the generated declarations name no message
  const type = (module.default as unknown as GeneratedRoot).opentelemetry.proto.collector[kind].v1[name];
  if (type === undefined) throw new TypeError(`the definitions have no ${name}`);
  return type.encode(type.fromObject(json)).finish();
}

function idOf(name: string, value: unknown): Buffer {
  if (typeof value !== 'string' || !/^(?:[\da-f]{2})*$/i.test(value)) throw new TypeError(`${name} is not in hex`);
  return Buffer.from(value, 'hex');
}
