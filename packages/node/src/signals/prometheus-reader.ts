import { numbersOf } from '../sdk/installed-module.ts';
import type { SdkLine } from '../sdk/sdk-line.ts';
import type { SignalParts } from './signal-description.ts';

const EXPORTER = '@opentelemetry/exporter-prometheus';

/** The minor version from which the package belongs to line 3.x. Before, there are the versions of line 2.x. */
const FIRST_MINOR: Readonly<Record<SdkLine, number>> = { '2.x': 200, '3.x': 300 };

const INSTALL: Readonly<Record<SdkLine, string>> = { '2.x': `${EXPORTER}@^0.223.0`, '3.x': `${EXPORTER}@^0.301.0` };

/** The part of the package that is used. The exporter is a reader, which starts a server of its own. */
interface PrometheusModule {
  readonly PrometheusExporter: new (options: { readonly host: string; readonly port: number }) => object;
}

export interface PrometheusReader {
  readonly reader: object;
  readonly url: string;
}

/** OpenTelemetry's exporter for Prometheus, if it is asked for and installed in the application. */
export function prometheusReader({
  settings,
  options,
  line,
  application,
  warn,
}: Pick<SignalParts, 'settings' | 'options' | 'line' | 'application' | 'warn'>): PrometheusReader | undefined {
  const isReplaced = options.metrics !== false && options.metrics?.exporter !== undefined;
  if (isReplaced || !settings.exporters.metrics.includes('prometheus')) return undefined;
  const found = application.find(EXPORTER);
  if (found === undefined || !isOfLine(found.version, line)) {
    const why =
      found === undefined
        ? `${EXPORTER} is not installed`
        : `${EXPORTER} ${found.version} does not belong to OpenTelemetry ${line}`;
    warn(`Prometheus cannot read the metrics: ${why}. To install it: npm install ${INSTALL[line]}`);
    return undefined;
  }
  const { PrometheusExporter } = found.load() as PrometheusModule;
  const { host, port } = settings.prometheus;
  // The exporter of line 2.x reads the variables as well, that of line 3.x does not.
  return { reader: new PrometheusExporter({ host, port }), url: `http://${host}:${port}/metrics` };
}

/** A module that was passed to a start has no version. */
function isOfLine(version: string, line: SdkLine): boolean {
  const [major, minor] = numbersOf(version);
  if (Number.isNaN(major)) return true;
  return major === 0 && minor >= FIRST_MINOR[line] && (line === '3.x' || minor < FIRST_MINOR['3.x']);
}
