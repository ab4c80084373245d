import { grpc } from './answer-diagnosis.ts';
import { type Diagnosis, type Evidence, failureOf } from './diagnosis.ts';

const NOT_RESOLVED: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);

/** What it means that there was no answer. */
export function diagnoseConnection(evidence: Evidence): Diagnosis {
  const { outcome, url, urlSource, proxy, peer } = evidence;
  const { code, text: found } = failureOf(outcome);
  const isUnreachable = outcome.kind === 'retry' && outcome.unreachable === true;
  if (proxy !== undefined && (isUnreachable || code === 'ERR_PROXY_TUNNEL')) return proxied(evidence, found);
  if (code !== undefined && NOT_RESOLVED.has(code)) {
    return { kind: 'name_not_resolved', found, advice: `The name ${url.hostname} leads nowhere from here. Is it written right in ${urlSource}? Inside of containers and clusters names differ from those outside.` };
  }
  if (code === 'ECONNREFUSED') {
    const inContainer = isLoopback(url.hostname) ? ' Inside of a container, localhost is the container itself.' : '';
    return { kind: 'connection_refused', found, advice: `Nothing listens at ${url.host}. Start the collector, or correct host and port in ${urlSource}.${inContainer}` };
  }
  if (isUnreachable) {
    return { kind: 'unreachable', found, advice: `There is no way to ${url.host} from here, or something swallows what is sent: look at routes, firewalls and network policies, and at ${urlSource}.` };
  }
  if (peer === 'http/2') return grpc(evidence, found);
  if (outcome.kind === 'retry' && outcome.timedOut === true) {
    return { kind: 'timeout', found, advice: 'The connection was made and no answer came: the server is stuck or overloaded, or something on the way swallows it. OTEL_EXPORTER_OTLP_TIMEOUT gives more time.' };
  }
  if (code?.startsWith('HPE_') === true) return { kind: 'not_http', found, advice: `Something listens at ${url.host} and does not speak HTTP: is it the right port in ${urlSource}? OTLP/HTTP mostly has 4318.` };
  return { kind: 'connection_broken', found, advice: `Something listens at ${url.host} and closes the connection without an answer: is it the right port in ${urlSource}, and is a collector behind the load balancer, should there be one?` };
}

function proxied({ proxy, url }: Evidence, found: string): Diagnosis {
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const way = `The way to ${url.host} leads through the proxy ${proxy?.hostname}:${proxy?.port}, as ${variable} says`;
  return { kind: 'proxy', found, advice: `${way}. Correct that, its credentials included, or name ${url.hostname} in NO_PROXY.` };
}

function isLoopback(hostname: string): boolean {
  return /^localhost\.?$/.test(hostname) || hostname === '[::1]' || hostname.startsWith('127.');
}
