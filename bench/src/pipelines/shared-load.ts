import type { Pipeline } from '../application/pipeline.ts';
import type { PipelineAccounts } from '../application/protocol.ts';
import type { ItemSource } from '../application/signals/signal-under-load.ts';

/** Sources that take turns to make items. */
export function inTurn(sources: readonly ItemSource[]): ItemSource {
  return {
    make: (serial) => sources[serial % sources.length]?.make(serial),
    async flush() {
      await Promise.all(sources.map((source) => source.flush()));
    },
    async shutdown() {
      await Promise.all(sources.map((source) => source.shutdown()));
    },
  };
}

/** What pipelines report, added up. */
export function accountsOf(pipelines: readonly Pick<Pipeline<unknown>, 'accounts'>[]): PipelineAccounts {
  const lost: Record<string, number> = {};
  let delivered = 0;
  for (const accounts of pipelines.map((pipeline) => pipeline.accounts())) {
    delivered += accounts.delivered;
    for (const [reason, count] of Object.entries(accounts.lost)) lost[reason] = (lost[reason] ?? 0) + count;
  }
  return { delivered, lost };
}
