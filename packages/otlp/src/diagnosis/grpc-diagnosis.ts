import { credentialsAdvice, http, tooBusy } from './answer-diagnosis.ts';
import { type Diagnosis, type Evidence, failureOf } from './diagnosis.ts';

const PATHS_OF_PROXIES =
  'A proxy that chooses by path must pass on those that begin with /opentelemetry.proto.collector.';

/** What the transport says of an answer that began with 200 and another type of content. */
const NO_GRPC = / did not answer in gRPC, but with /;

/** Statuses of HTTP with which web servers answer a path, a method or a type of content that they do not know. */
const NOT_OF_GRPC: ReadonlySet<number> = new Set([400, 404, 405, 410, 415, 501]);

/** What a status of gRPC means; `undefined` if there was none, or one of HTTP that means the same there. */
export function diagnoseGrpcAnswer(evidence: Evidence): Diagnosis | undefined {
  const { outcome, signal } = evidence;
  if (NO_GRPC.test(outcome.error?.message ?? '')) return answeredInHttp(evidence, failureOf(outcome).text);
  if (outcome.error?.name !== 'GrpcStatusError' || outcome.kind === 'too_large') return undefined;
  const { code, statusCode, text: found } = failureOf(outcome);
  if (statusCode !== undefined) return NOT_OF_GRPC.has(statusCode) ? answeredInHttp(evidence, found) : undefined;
  switch (code) {
    case 'UNIMPLEMENTED':
      return { kind: 'no_service', found, advice: serviceAdvice(evidence) };
    case 'UNAUTHENTICATED':
      return {
        kind: 'unauthorized',
        found,
        advice: `The server does not accept the credentials: ${credentialsAdvice(evidence)}`,
      };
    case 'PERMISSION_DENIED':
      return {
        kind: 'forbidden',
        found,
        advice: `The server does not allow this client to send: ${credentialsAdvice(evidence)}`,
      };
    case 'UNAVAILABLE':
      return tooBusy(evidence, found);
    case 'RESOURCE_EXHAUSTED':
      return outcome.kind === 'throttled'
        ? tooBusy(evidence, found)
        : {
            kind: 'refused',
            found,
            advice: `A quota is used up, and the server does not say when to try again: an application would lose its ${signal} until then. Look at the quotas of the server.`,
          };
    case 'INVALID_ARGUMENT':
    case 'NOT_FOUND':
    case 'FAILED_PRECONDITION':
    case 'ALREADY_EXISTS':
      return {
        kind: 'refused',
        found,
        advice: 'The server rejects the request, and would reject it again: look at its log.',
      };
    default:
      return {
        kind: 'server_error',
        found,
        advice: 'The server failed, or a proxy in front of it: look at their logs.',
      };
  }
}

function answeredInHttp(evidence: Evidence, found: string): Diagnosis {
  const { kind, advice } = http(evidence, found);
  return { kind, found, advice: `${advice} ${PATHS_OF_PROXIES}` };
}

function serviceAdvice({ signal, urlSource }: Evidence): string {
  const variable = `OTEL_${signal.toUpperCase()}_EXPORTER`;
  return `The server speaks gRPC, but has no service for ${signal}. In a Collector, its otlp receiver must be in a pipeline of ${signal}. ${PATHS_OF_PROXIES} If this is another server of gRPC, correct host and port in ${urlSource}. If it takes no ${signal}, set ${variable}=none.`;
}
