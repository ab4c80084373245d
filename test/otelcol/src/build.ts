/** `npm run build:otelcol`: builds the OpenTelemetry Collector for the tests of this folder, unless it is built already. */
import { buildCollector, COLLECTOR_BINARY, hasGo, isCollectorBuilt } from './collector-binary.ts';

if (isCollectorBuilt()) {
  console.log(`The Collector of test/otelcol/manifest.yaml is built already: ${COLLECTOR_BINARY}`);
} else if (hasGo()) {
  console.log('Building the Collector of test/otelcol/manifest.yaml with its own builder: some minutes.');
  buildCollector();
  console.log(`It is ${COLLECTOR_BINARY}`);
} else {
  console.error('The Collector is built with Go, and there is no `go` in the PATH: see https://go.dev/doc/install');
  process.exitCode = 1;
}
