import { buildCollector, hasGo, isCollectorBuilt } from './src/collector-binary.ts';

/**
 * Builds the Collector before the tests run. Without a Go tool chain, it logs that, and the tests are skipped. In CI,
 * they are not.
 * @throws Error in CI, if the Collector can neither be found nor built
 */
export function setup(): void {
  if (isCollectorBuilt()) return;
  if (hasGo()) {
    console.log(
      'Building the OpenTelemetry Collector, once for each version of test/otelcol/manifest.yaml. This takes some minutes.',
    );
    buildCollector();
    return;
  }
  const why = 'There is no Go tool chain to build the OpenTelemetry Collector';
  if (process.env['CI']) throw new Error(`${why}, and in CI the tests that need it may not be skipped.`);
  console.warn(`${why}: the tests that need it are skipped.`);
}
