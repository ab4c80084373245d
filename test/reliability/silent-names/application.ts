/**
 * Sends telemetry to a collector whose name gets no answer, makes its own look-ups, and then calls `process.exit()`.
 */
import { lookup } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { logs, trace } from '@opentelemetry/api';
import type { Wire } from '../../faults/wire.ts';
import type { LookUps } from './silent-names.ts';

const [knownName = '', collectorUrl = '', make, wire, millis] = process.argv.slice(2);
const EVERY_MILLIS = 250;
const ITEMS_EACH_TIME = 10;
const TEXT = 'GET /orders/{id}';

const emit = await telemetry();
while (!(await isAnswered())) await sleep(20);

const startedAt = performance.now();
let [asked, answered, longestMillis] = [0, 0, 0];
while (performance.now() - startedAt < Number(millis)) {
  for (let made = 0; made < ITEMS_EACH_TIME; made += 1) emit();
  const askedAt = performance.now();
  asked += 1;
  lookup(knownName, { family: 4 }, (error) => {
    if (error !== null) return;
    answered += 1;
    longestMillis = Math.max(longestMillis, performance.now() - askedAt);
  });
  await sleep(EVERY_MILLIS);
}
process.stdout.write(`${JSON.stringify({ asked, answered, longestMillis } satisfies LookUps)}\n`, () => process.exit());

function isAnswered(): Promise<boolean> {
  return new Promise((resolve) => lookup(knownName, { family: 4 }, (error) => resolve(error === null)));
}

/** Spillway's pipelines are registered before this program starts. */
async function telemetry(): Promise<() => void> {
  if (make === 'upstream') {
    const { UpstreamPipeline } = await import('../upstream-pipeline.ts');
    const pipelines = (['traces', 'logs'] as const).map(
      (signal) =>
        new UpstreamPipeline(signal, collectorUrl, {
          wire: wire as Wire,
          timeoutMillis: 10_000,
          scheduledDelayMillis: 1_000,
        }),
    );
    return () => {
      for (const pipeline of pipelines) pipeline.emit(TEXT);
    };
  }
  const tracer = trace.getTracer('service');
  const logger = logs.getLogger('service');
  return () => {
    tracer.startSpan(TEXT).end();
    logger.emit({ body: TEXT });
  };
}
