import { startCollector } from '@spillway/test/collector';
import { expect, it } from 'vitest';
import { createPipeline } from '../src/application/pipeline.ts';
import type { Variant } from '../src/application/protocol.ts';
import { logRecords } from '../src/application/signals/log-records.ts';
import { SIGNALS } from '../src/signal.ts';
import { TurnTaker } from '../src/turns/turn-taker.ts';

it.for<Variant>(['upstream', 'spillway'])('a turn of %s leaves no work for the next turn', async (variant) => {
  await using collector = await startCollector({ decode: 'ids' });
  const pipeline = await createPipeline(
    { variant, url: collector.url + SIGNALS.logs.path, processorOptions: {} },
    logRecords,
  );
  const taker = new TurnTaker(pipeline, logRecords.createSource(pipeline.processor), 10_000);
  for (let turn = 1; turn <= 2; turn += 1) {
    expect(await taker.turn(0.05)).toBeGreaterThan(0);
    expect(taker.made).toBe(turn * 500);
    expect(collector.counts().unique).toBe(taker.made);
  }
  expect(await taker.end()).toMatchObject({ delivered: 1_000 });
});
