import { diagnoseAnswer } from './answer-diagnosis.ts';
import { diagnoseConnection } from './connection-diagnosis.ts';
import { type Diagnosis, type Evidence, failureOf } from './diagnosis.ts';
import { diagnoseTls } from './tls-diagnosis.ts';

/** What an attempt means, and what to do about it. */
export function diagnose(evidence: Evidence): Diagnosis {
  const { outcome } = evidence;
  if (outcome.kind === 'delivered' && outcome.error === undefined) return { kind: 'accepted', found: 'accepted', advice: undefined };
  return diagnoseAnswer(evidence) ?? diagnoseTls(evidence) ?? diagnoseConnection(evidence);
}

/** Where a port did not answer as it should, it is worth asking what it speaks. Behind a proxy nobody can. */
export function isWorthALook({ outcome, proxy, url }: Pick<Evidence, 'outcome' | 'proxy' | 'url'>): boolean {
  if (proxy !== undefined || outcome.kind !== 'retry' || outcome.unreachable === true) return false;
  const { code, text } = failureOf(outcome);
  if (url.protocol === 'https:') return /wrong version number|WRONG_VERSION|packet length too long/i.test(text);
  return outcome.timedOut === true || code === undefined || /^(HPE_|ECONNRESET|EPIPE|ECONNABORTED)/.test(code);
}
