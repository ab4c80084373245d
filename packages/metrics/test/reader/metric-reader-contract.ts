import { describe } from 'vitest';
import type { MetricSdk } from './metric-sdk.ts';
import { describeOutages } from './outages.ts';
import { useReaderSetup } from './reader-setup.ts';

/** Everything that a reader promises, with one line of the SDK. */
export function describeMetricReader(sdk: MetricSdk): void {
  describe(`metrics under SDK ${sdk.name}`, () => {
    const setup = useReaderSetup(sdk);
    describeOutages(setup);
  });
}
