import { diagnoseAnswer } from './answer-diagnosis.ts';
import { diagnoseConnection } from './connection-diagnosis.ts';
import { type Diagnosis, type Evidence, failureOf } from './diagnosis.ts';
import { diagnoseGrpcAnswer } from './grpc-diagnosis.ts';
import { diagnoseTls, SPEAKS_NO_TLS } from './tls-diagnosis.ts';

/** What an attempt means, and what to do about it. */
export function diagnose(evidence: Evidence): Diagnosis {
  const { outcome } = evidence;
  if (outcome.kind === 'delivered' && outcome.error === undefined)
    return { kind: 'accepted', found: 'accepted', advice: undefined };
  return (
    diagnoseGrpcAnswer(evidence) ?? diagnoseAnswer(evidence) ?? diagnoseTls(evidence) ?? diagnoseConnection(evidence)
  );
}

/** How to look at a port once more: in plain text, or within TLS. */
export type Look = 'plain' | 'tls';

/**
 * If a port does not answer as expected, a second look may find out what it speaks. Behind a proxy, this is impossible.
 */
export function lookWorth({ outcome, proxy, url }: Pick<Evidence, 'outcome' | 'proxy' | 'url'>): Look | undefined {
  if (proxy !== undefined || url.protocol === 'unix:') return undefined;
  if (outcome.kind !== 'retry' || outcome.unreachable === true) return undefined;
  const { code, text } = failureOf(outcome);
  if (SPEAKS_NO_TLS.test(text)) return 'plain';
  const isBroken =
    outcome.timedOut === true || code === undefined || /^(HPE_|ECONNRESET|EPIPE|ECONNABORTED)/.test(code);
  if (!isBroken) return undefined;
  return url.protocol === 'https:' ? 'tls' : 'plain';
}
