import { isIP } from 'node:net';

/** Where the page is served. */
export interface ZpagesOptions {
  /** A TCP port; 0 takes any free one. Default 55679, as in the OpenTelemetry Collector. */
  readonly port?: number | undefined;
  /** The address to listen at. Default `127.0.0.1`. Any other than a loopback address needs a `token`. */
  readonly host?: string | undefined;
  /** Whoever looks must know it: at least 16 characters. Default: none is needed. */
  readonly token?: string | undefined;
  /** What the page calls this process. Default: its process id. */
  readonly name?: string | undefined;
}

export const DEFAULT_ZPAGES_PORT = 55_679;
const DEFAULT_ZPAGES_HOST = '127.0.0.1';

/** A token that can be guessed gives a false sense of safety. */
const SHORTEST_TOKEN = 16;

export interface ResolvedZpagesOptions {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly name: string;
}

/** @throws TypeError or RangeError that names option and value, except that of a token */
export function resolveZpagesOptions(options: ZpagesOptions): ResolvedZpagesOptions {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`zpages must be an object, got ${options === null ? 'null' : typeof options}`);
  const { port = DEFAULT_ZPAGES_PORT, host = DEFAULT_ZPAGES_HOST, token, name = `process ${process.pid}` } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new RangeError(`zpages.port must be a whole number from 0 to 65535, got ${String(port)}`);
  if (typeof host !== 'string' || host === '')
    throw new TypeError(`zpages.host must be an address or a name, got ${JSON.stringify(host)}`);
  if (typeof name !== 'string') throw new TypeError(`zpages.name must be a string, got ${typeof name}`);
  if (token !== undefined && typeof token !== 'string')
    throw new TypeError(`zpages.token must be a string, got ${typeof token}`);
  if (token !== undefined && token.length < SHORTEST_TOKEN)
    throw new RangeError(`zpages.token must have at least ${SHORTEST_TOKEN} characters, got ${token.length}`);
  if (token === undefined && !isLoopback(host))
    throw new RangeError(`zpages.host ${host} can be reached from other machines, so zpages.token is needed`);
  return { port, host, token, name };
}

/** @throws TypeError or RangeError that names option and value, except that of a token */
export function checkZpagesOptions(options: ZpagesOptions): void {
  resolveZpagesOptions(options);
}

/** Whether only this machine can reach that address. */
function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost';
}
