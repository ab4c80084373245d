import { describeConfiguration } from './configuration.ts';
import { describeDelivery } from './delivery.ts';
import { describeDifferences } from './differences.ts';
import { describeForceFlush } from './force-flush.ts';
import { describeForeignExporter } from './foreign-exporter.ts';
import { describeFullBuffer } from './full-buffer.ts';
import { describeOddItems } from './odd-items.ts';
import { describeHandOver } from './hand-over.ts';
import type { ProcessorSetup } from './processor-setup.ts';
import { describeShutdown } from './shutdown.ts';
import { describeSpool } from './spool.ts';
import { describeUnderUpstream } from './under-upstream.ts';

/**
 * The requirements of the processor of every signal under every SDK line, because the specification says so or users of
 * upstream rely on it. Features of only one signal are tested in its package.
 */
export function describeProcessor<Item extends object>(setup: ProcessorSetup<Item>): void {
  describeDelivery(setup);
  describeOddItems(setup);
  describeForceFlush(setup);
  describeShutdown(setup);
  describeHandOver(setup);
  describeForeignExporter(setup);
  describeConfiguration(setup);
  describeFullBuffer(setup);
  describeSpool(setup);
  describeUnderUpstream(setup);
  describeDifferences(setup);
}
