import { buildCollector, hasGo, isCollectorBuilt } from './src/collector-binary.ts';

/**
 * Has the Collector before the tests run. Without a Go tool chain it says so, and they are skipped; not so in CI.
 * @throws Error in CI, where it can neither be found nor built
 */
export function setup(): void {
  if (isCollectorBuilt()) return;
  if (hasGo()) {
    console.log('Building the OpenTelemetry Collector, once for each version of test/otelcol/manifest.yaml: some minutes.');
    buildCollector();
    return;
  }
  const why = 'There is no Go tool chain to build the OpenTelemetry Collector with';
  if (process.env['CI']) throw new Error(`${why}, and in CI the tests that need it may not be skipped.`);
  console.warn(`${why}: the tests that need it are skipped.`);
}
