import type { Proxy } from '../transport/proxy-environment.ts';
import { grpc, http } from './answer-diagnosis.ts';
import { type Diagnosis, type Evidence, failureOf } from './diagnosis.ts';

const NOT_RESOLVED: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);

/** What it means if there was no answer. */
export function diagnoseConnection(evidence: Evidence): Diagnosis {
  const { outcome, url, urlSource, proxy, peer } = evidence;
  const { code, text: found } = failureOf(outcome);
  if (outcome.error?.name === 'TransportNotLoadedError')
    return {
      kind: 'not_installed',
      found,
      advice: 'Nothing was sent. Install the package beside this one, and run this again.',
    };
  const isUnreachable = outcome.kind === 'retry' && outcome.unreachable === true;
  if (proxy !== undefined && (isUnreachable || code === 'ERR_PROXY_TUNNEL')) return proxied(evidence, proxy, found);
  if (code !== undefined && NOT_RESOLVED.has(code)) {
    return {
      kind: 'name_not_resolved',
      found,
      advice: `The name ${url.hostname} cannot be resolved here. Is it spelled correctly in ${urlSource}? Names inside containers and clusters differ from those outside.`,
    };
  }
  const isUnix = url.protocol === 'unix:';
  const at = isUnix ? url.href : url.host;
  if (code === 'ECONNREFUSED' || (isUnix && code === 'ENOENT')) {
    const inContainer = isLoopback(url.hostname) ? ' Inside a container, localhost is the container itself.' : '';
    return {
      kind: 'connection_refused',
      found,
      advice: `Nothing listens at ${at}. Start the collector, or correct host and port in ${urlSource}.${inContainer}`,
    };
  }
  if (isUnreachable) {
    return {
      kind: 'unreachable',
      found,
      advice: `There is no route to ${at} from here, or something drops the packets: look at routes, firewalls and network policies, and at ${urlSource}.`,
    };
  }
  // Within TLS, the look has offered HTTP/1.1 alone.
  const speaksHttp1 = peer === 'http/1' || (peer === 'tls' && url.protocol === 'https:');
  if (evidence.protocol === 'grpc' && speaksHttp1) return http(evidence, found);
  if (evidence.protocol !== 'grpc' && peer === 'http/2') return grpc(evidence, found);
  if (outcome.kind === 'retry' && outcome.timedOut === true) {
    return {
      kind: 'timeout',
      found,
      advice:
        'The connection was made, but no answer came: the server hangs or is overloaded, or something on the way drops the packets. OTEL_EXPORTER_OTLP_TIMEOUT gives more time.',
    };
  }
  if (code?.startsWith('HPE_') === true)
    return {
      kind: 'not_http',
      found,
      advice: `Something listens at ${at} but does not speak HTTP: is the port in ${urlSource} right? OTLP/HTTP usually has 4318.`,
    };
  return {
    kind: 'connection_broken',
    found,
    advice: `Something listens at ${at} but closes the connection without an answer: is the port in ${urlSource} right? If there is a load balancer, is a collector behind it?`,
  };
}

function proxied({ protocol, url }: Evidence, { hostname, port, variable }: Proxy, found: string): Diagnosis {
  const way = `Requests to ${url.host} go through the proxy ${hostname}:${port}, because ${variable} is set`;
  const exempting = protocol === 'grpc' ? 'no_grpc_proxy or no_proxy' : 'NO_PROXY';
  return {
    kind: 'proxy',
    found,
    advice: `${way}. Correct the variable, credentials included, or name ${url.hostname} in ${exempting}.`,
  };
}

function isLoopback(hostname: string): boolean {
  return /^localhost\.?$/.test(hostname) || hostname === '[::1]' || hostname.startsWith('127.');
}
