import { addressBits, canonicalHost } from './host-names.ts';
import { basicAuthorization, credentialsOf } from './url-credentials.ts';

/** A proxy to go through. */
export interface Proxy {
  readonly protocol: 'http:' | 'https:';
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`, if the proxy's URL has user information. */
  readonly authorization: string | undefined;
  /** The name of the variable that says so, for messages. */
  readonly variable: string;
}

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the proxy for a URL: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, unless `NO_PROXY` names the host. Lower
 * case wins over upper case, as in curl and Node. Loopback addresses never go through a proxy, as in Go: a collector on
 * the same machine is the usual case, and a proxy could not reach it.
 * @param warn is called for an invalid variable, with its name only, because the value may contain a password
 */
export function proxyFor(url: URL, environment: ProxyEnvironment, warn: (message: string) => void): Proxy | undefined {
  const host = canonicalHost(url.hostname);
  const port = url.port === '' ? defaultPort(url.protocol) : Number(url.port);
  if (isLoopback(host) || isExempt(host, port, lookUp(environment, 'NO_PROXY')?.value ?? '')) return undefined;

  const variable = lookUp(environment, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (variable === undefined) return undefined;
  const proxy = parseProxy(variable);
  if (proxy === undefined) warn(`${variable.name} is not the URL of an HTTP proxy and is ignored`);
  return proxy;
}

/**
 * Finds the proxy for a URL as gRPC does: the first that is set of `grpc_proxy`, `https_proxy` and `http_proxy`, whatever
 * the scheme of the URL, unless `no_grpc_proxy` or `no_proxy` names the host. Loopback addresses never go through a proxy.
 */
export function grpcProxyFor(hostname: string, port: number, environment: ProxyEnvironment): Proxy | undefined {
  const variable = firstOf(environment, GRPC_PROXY_VARIABLES);
  if (variable === undefined || isLoopback(hostname)) return undefined;
  const noProxy = firstOf(environment, GRPC_NO_PROXY_VARIABLES)?.value ?? '';
  const isNamed = noProxy !== '' && noProxy.split(',').some((end) => hostname.endsWith(end));
  if (isNamed || isExempt(canonicalHost(hostname), port, noProxy)) return undefined;
  const proxy = variable.value.includes('://') ? parseProxy(variable) : undefined;
  return proxy?.protocol === 'http:' ? proxy : undefined;
}

/** In the order in which gRPC reads them. */
const GRPC_PROXY_VARIABLES = ['grpc_proxy', 'https_proxy', 'http_proxy'];
const GRPC_NO_PROXY_VARIABLES = ['no_grpc_proxy', 'no_proxy'];

interface Variable {
  readonly name: string;
  readonly value: string;
}

function lookUp(environment: ProxyEnvironment, upperCaseName: string): Variable | undefined {
  return firstOf(environment, [upperCaseName.toLowerCase(), upperCaseName]);
}

function firstOf(environment: ProxyEnvironment, names: readonly string[]): Variable | undefined {
  for (const name of names) {
    const value = readVariable(environment, name)?.trim();
    if (value !== undefined && value !== '') return { name, value };
  }
  return undefined;
}

function readVariable(environment: ProxyEnvironment, name: string): string | undefined {
  try {
    return environment[name];
  } catch {
    // Deno throws for each variable that the program has no permission to read.
    return undefined;
  }
}

/** `proxy:3128` without a scheme means http, as in curl. */
function parseProxy({ name, value }: Variable): Proxy | undefined {
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const credentials = credentialsOf(url);
  return {
    protocol: url.protocol,
    hostname: bareHostname(url.hostname),
    port: url.port === '' ? defaultPort(url.protocol) : Number(url.port),
    authorization: credentials === undefined ? undefined : basicAuthorization(credentials),
    variable: name,
  };
}

/**
 * Whether `NO_PROXY` names the host. Entries are separated by commas or spaces: `*`, a domain (with its subdomains;
 * `.domain` and `*.domain` are the same), an address, a range of addresses (`address/bits` or `from-to`), each with an
 * optional `:port`. This accepts everything that curl, Go and Node accept; see "We need to talk: no_proxy" (GitLab,
 * 2021) for how they differ.
 */
export function isExempt(host: string, port: number, noProxy: string): boolean {
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    const withPort = /^(?<host>\[.*\]|[^:]*):(?<port>\d+)$/.exec(entry)?.groups;
    if (withPort !== undefined && Number(withPort['port']) !== port) return false;
    return matches(host, withPort?.['host'] ?? entry);
  });
}

function matches(host: string, pattern: string): boolean {
  if (pattern === '*' || canonicalHost(pattern) === host) return true;
  const address = addressBits(host);
  if (address !== undefined) return isInRange(address, pattern);
  const domain = canonicalHost(pattern.replace(/^\*?\./, ''));
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function isInRange(address: string, pattern: string): boolean {
  const [first = '', length] = pattern.split('/');
  if (length !== undefined) {
    const network = addressBits(canonicalHost(first));
    if (network?.length !== address.length || !/^\d+$/.test(length) || Number(length) > address.length) return false;
    return address.startsWith(network.slice(0, Number(length)));
  }
  const [from, to] = pattern.split('-').map((end) => addressBits(canonicalHost(end)));
  return from?.length === address.length && to?.length === address.length && from <= address && address <= to;
}

/** Whether a hostname of a URL means this machine. */
export function isLoopback(hostname: string): boolean {
  const host = canonicalHost(hostname);
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function bareHostname(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80;
}
