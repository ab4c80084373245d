import type { FlushFunction, FlushOutcome } from '@spillway/backpressure';
import { isPromiseLike } from '@spillway/otlp/encoding';
import { isUnreachable } from '@spillway/otlp/transport';
import type { PendingResources } from '../pending-resources.ts';
import { withinExport } from '../scope/export-scope.ts';
import type { ObjectFormat } from './object-format.ts';
import { EXPORT_SUCCESS, type ExportResultLike, type SdkExporter } from './sdk-exporter.ts';

/**
 * If an export throws, or never calls back, it is retried: the cause may pass. After this many in a row, it is the
 * batch.
 */
const MOST_BREACHES = 5;

/**
 * Ships batches through a foreign exporter, which is not trusted: it may throw, call back twice (the first call counts)
 * or never (the flush times out).
 */
export function objectFlush<Item, Exported>(
  exporter: SdkExporter<Exported>,
  resourcesOf: ObjectFormat<Item, Exported>['resourcesOf'],
  resources: PendingResources,
): FlushFunction<Item, Exported> {
  let breaches = 0;
  const breached = (error: unknown): FlushOutcome => {
    breaches += 1;
    if (breaches < MOST_BREACHES) throw error;
    breaches = 0;
    return {
      kind: 'refused',
      error: new Error(`the exporter threw, or did not call back, ${MOST_BREACHES} times in a row`, { cause: error }),
    };
  };
  return async (exported, { signal }) => {
    await resources.settle(resourcesOf(exported), signal);
    if (signal.aborted) throw signal.reason as Error;
    return new Promise<FlushOutcome>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      // An `export` that returns a promise breaks the contract, but its rejection must not end the process.
      const returned: unknown = withinExport(() =>
        exporter.export(exported, (result) => {
          const outcome = outcomeOfResult(result);
          breaches = 0;
          resolve(outcome);
        }),
      );
      if (isPromiseLike(returned)) Promise.resolve(returned).catch(reject);
    }).catch(breached);
  };
}

/** A result that cannot be read counts as a final failure. */
function outcomeOfResult(result: ExportResultLike | undefined): FlushOutcome {
  try {
    if (result?.code === EXPORT_SUCCESS) return { kind: 'delivered' };
    const error = result?.error ?? new Error('the exporter reported a failure without an error');
    if (!isTransient(error, DEEPEST_CAUSE)) return { kind: 'refused', error };
    return isUnreachable(error) ? { kind: 'retry', error, unreachable: true } : { kind: 'retry', error };
  } catch (error) {
    return {
      kind: 'refused',
      error: new Error('the exporter reported a result that cannot be read', { cause: error }),
    };
  }
}

/** Causes may be circular. */
const DEEPEST_CAUSE = 8;

/** HTTP statuses and gRPC codes that OTLP calls retryable, and failures of the connection, as exporters report them. */
const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([
  ...[429, 502, 503, 504],
  ...[1, 4, 10, 11, 14, 15],
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_SOCKET',
  ],
]);
/** Messages of upstream's exporters, without a code, after their own retries have failed. */
const TRANSIENT_MESSAGES = /retryable status|timed? ?out|concurrent export limit|socket hang up|fetch failed/i;

/**
 * By the specification, a failure that an exporter reports is final ("the batch must be dropped"), and retrying a batch
 * that can never be exported would block all later ones. So only clearly temporary failures are retried.
 */
function isTransient(error: unknown, depth: number): boolean {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown };
  if (code !== undefined && TRANSIENT_CODES.has(code)) return true;
  if (code === undefined && typeof message === 'string' && TRANSIENT_MESSAGES.test(message)) return true;
  return cause !== undefined && depth > 0 && isTransient(cause, depth - 1);
}
