import { diagnose, type Evidence } from '@spillway/otlp/diagnosis';
import type { LivePipeline, PipelineInspection } from '@spillway/pipeline';
import type { Failure } from './recent-failures.ts';

/** A URL for exporters that tell none. Only host and path are read of it. */
const UNKNOWN_URL = 'http://unknown';

const SIGNALS: readonly string[] = ['traces', 'logs', 'metrics'] satisfies Evidence['signal'][];

/** A failure in the words of `doctor`. */
export function failureText(
  { outcome, isDivisible }: Failure,
  signal: LivePipeline['signal'],
  { url, protocol, proxy, hasClientCertificate }: PipelineInspection['destination'],
): { readonly found: string; readonly advice: string | undefined } {
  const found = outcome.error?.message ?? outcome.kind;
  // Nothing is known about a foreign exporter, so there is no advice.
  if (url === undefined || protocol === undefined || !SIGNALS.includes(signal)) return { found, advice: undefined };
  if (outcome.kind === 'too_large' && isDivisible) return { found, advice: 'The request is split, and sent again.' };
  const diagnosis = diagnose({
    signal: signal as Evidence['signal'],
    protocol,
    outcome,
    url: new URL(URL.canParse(url) ? url : UNKNOWN_URL),
    urlSource: 'the URL of the exporter',
    proxy,
    hasClientCertificate,
    peer: undefined,
  });
  return { found: diagnosis.found, advice: diagnosis.advice };
}
