import { describe } from 'vitest';
import { describeConfiguration } from './configuration.ts';
import { describeForceFlush } from './force-flush.ts';
import { describeForeignExporter } from './foreign-exporter.ts';
import { describeHandOver } from './hand-over.ts';
import { describeMemory } from './memory.ts';
import type { MetricSdk } from './metric-sdk.ts';
import { describeOutages } from './outages.ts';
import { useReaderSetup } from './reader-setup.ts';
import { describeShutdown } from './shutdown.ts';
import { describeSources } from './sources.ts';
import { describeSpool } from './spool.ts';
import { describeUnderUpstream } from './under-upstream.ts';

/** Everything that a reader promises, with one line of the SDK. */
export function describeMetricReader(sdk: MetricSdk): void {
  describe(`metrics under SDK ${sdk.name}`, () => {
    const setup = useReaderSetup(sdk);
    describeOutages(setup);
    describeForceFlush(setup);
    describeShutdown(setup);
    describeSources(setup);
    describeForeignExporter(setup);
    describeConfiguration(setup);
    describeHandOver(setup);
    describeUnderUpstream(setup);
    describeMemory(setup);
    describeSpool(setup);
  });
}
