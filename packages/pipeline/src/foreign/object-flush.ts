import type { FlushFunction, FlushOutcome } from '@spillway/backpressure';
import { isPromiseLike, type ResourceLike } from '@spillway/otlp/encoding';
import { isUnreachable } from '@spillway/otlp/transport';
import type { PendingResources } from '../pending-resources.ts';
import { withinExport } from '../scope/export-scope.ts';
import { EXPORT_SUCCESS, type ExportResultLike, type ItemExporter } from './item-exporter.ts';

/** An export that throws, or never calls back, is repeated: the cause may pass. This often in a row, it is the batch. */
const MOST_BREACHES = 5;

/**
 * Ships batches through an exporter that is not ours, and is trusted with nothing: it may throw, call back twice
 * (the first counts) or never (the flush times out).
 */
export function objectFlush<Item>(
  exporter: ItemExporter<Item>,
  resourceOf: (item: Item) => ResourceLike | undefined,
  resources: PendingResources,
): FlushFunction<Item> {
  let breaches = 0;
  const breached = (error: unknown): FlushOutcome => {
    breaches += 1;
    if (breaches < MOST_BREACHES) throw error;
    breaches = 0;
    return { kind: 'refused', error: new Error(`the exporter threw, or did not call back, ${MOST_BREACHES} times in a row`, { cause: error }) };
  };
  return async (items, { signal }) => {
    await resources.settle(new Set(items.map(resourceOf)), signal);
    if (signal.aborted) throw signal.reason as Error;
    return new Promise<FlushOutcome>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      // A promise returned by an async `export` is not in the contract, but its rejection must not end the process.
      const returned: unknown = withinExport(() =>
        exporter.export(items, (result) => {
          const outcome = outcomeOfResult(result);
          breaches = 0;
          resolve(outcome);
        }),
      );
      if (isPromiseLike(returned)) Promise.resolve(returned).catch(reject);
    }).catch(breached);
  };
}

/** Also of a result that cannot be read, which is no success and nothing that would pass. */
function outcomeOfResult(result: ExportResultLike | undefined): FlushOutcome {
  try {
    if (result?.code === EXPORT_SUCCESS) return { kind: 'delivered' };
    const error = result?.error ?? new Error('the exporter reported a failure without an error');
    if (!isTransient(error, DEEPEST_CAUSE)) return { kind: 'refused', error };
    return isUnreachable(error) ? { kind: 'retry', error, unreachable: true } : { kind: 'retry', error };
  } catch (error) {
    return { kind: 'refused', error: new Error('the exporter reported a result that cannot be read', { cause: error }) };
  }
}

/** Causes may lead in a circle. */
const DEEPEST_CAUSE = 8;

/** HTTP statuses and gRPC codes that OTLP calls retryable, and failures of the connection, as exporters report them. */
const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([
  ...[429, 502, 503, 504],
  ...[1, 4, 10, 11, 14, 15],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_SOCKET'],
]);
/** What upstream's exporters say without a code once their own retries have come to nothing. */
const TRANSIENT_MESSAGES = /retryable status|timed? ?out|concurrent export limit|socket hang up|fetch failed/i;

/**
 * A failure that an exporter reports is final by the specification ("the batch must be dropped"), and to repeat a batch
 * that can never be exported would block every later one. So only what is evidently about the moment is repeated.
 */
function isTransient(error: unknown, depth: number): boolean {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown };
  if (code !== undefined && TRANSIENT_CODES.has(code)) return true;
  if (code === undefined && typeof message === 'string' && TRANSIENT_MESSAGES.test(message)) return true;
  return cause !== undefined && depth > 0 && isTransient(cause, depth - 1);
}
