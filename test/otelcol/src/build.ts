/** `npm run build:otelcol`: builds the OpenTelemetry Collector for the tests of this folder, unless it is built already. */
import { buildCollector, COLLECTOR_BINARY, hasGo, isCollectorBuilt } from './collector-binary.ts';

if (isCollectorBuilt()) {
  console.log(`The Collector of test/otelcol/manifest.yaml is already built: ${COLLECTOR_BINARY}`);
} else if (hasGo()) {
  console.log('Building the Collector of test/otelcol/manifest.yaml with its own builder. This takes some minutes.');
  buildCollector();
  console.log(`The Collector is ${COLLECTOR_BINARY}`);
} else {
  console.error('The Collector is built with Go, but there is no `go` in the PATH: see https://go.dev/doc/install');
  process.exitCode = 1;
}
