import { parseArgs } from 'node:util';
import { pathOf, type PerSignal, perSignal, SIGNALS } from './signal.ts';

/** What to run. */
export interface DemoOptions {
  /** The URLs of a real collector; undefined for the embedded ones. */
  readonly endpoint: PerSignal<string> | undefined;
  /** How long the load lasts. */
  readonly seconds: number;
  /** HTTP requests a second to each service; each makes four to six spans, and one or two log records. */
  readonly rate: number;
  /** Whether Spillway's service serves its live page. */
  readonly page: boolean;
}

export type CommandLine = { readonly kind: 'help' } | { readonly kind: 'run'; readonly options: DemoOptions };

/** The command line is wrong. The message says why, in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const SECONDS = { least: 2, most: 600, usual: 25 };
/** At the highest rate a service makes more than 10 000 spans a second, and two cores are busy. */
const RATE = { least: 1, most: 2_000, usual: 400 };

export const USAGE = `npm run demo -- [options]

  --endpoint URL  send Spillway's spans, log records and metrics to this OTLP/HTTP collector, such as
                  http://localhost:4318, without faults and without a second service
  --seconds N     how long the load lasts, ${SECONDS.least} to ${SECONDS.most}, default ${SECONDS.usual}
  --rate N        requests a second to each service, ${RATE.least} to ${RATE.most}, default ${RATE.usual}
  --page          serve the live page of Spillway's service, and open it in a browser if this is a terminal
  --help          print this

Exit code: 0 if the counters add up and Spillway lost nothing of any signal, 1 if not, 2 for a wrong option.
`;

/** @throws UsageError that names option and value */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const values = valuesOf(args);
  if (values.help) return { kind: 'help' };
  return {
    kind: 'run',
    options: {
      endpoint: values.endpoint === undefined ? undefined : urlsOf(values.endpoint),
      seconds: numberWithin('--seconds', values.seconds, SECONDS),
      rate: numberWithin('--rate', values.rate, RATE),
      page: values.page,
    },
  };
}

function valuesOf(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      options: {
        endpoint: { type: 'string' },
        seconds: { type: 'string' },
        rate: { type: 'string' },
        page: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    // The rest of Node's message explains how to pass a positional argument, but the demo takes none.
    throw new UsageError(error instanceof Error ? error.message.split(/\. |\n/, 1)[0] : String(error));
  }
}

/**
 * Appends the paths as OpenTelemetry does for `OTEL_EXPORTER_OTLP_ENDPOINT`. A URL may end with the path of one signal.
 */
function urlsOf(endpoint: string): PerSignal<string> {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`--endpoint: expected a URL such as http://localhost:4318, got "${endpoint}"`);
  }
  const given = SIGNALS.map(pathOf).find((path) => url.pathname.endsWith(path)) ?? '';
  const base = url.pathname.slice(0, url.pathname.length - given.length).replace(/\/$/, '');
  return perSignal((signal) => {
    url.pathname = base + pathOf(signal);
    return url.href;
  });
}

function numberWithin(option: string, text: string | undefined, range: typeof SECONDS): number {
  if (text === undefined) return range.usual;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= range.least && value <= range.most)) {
    throw new UsageError(`${option}: expected a number from ${range.least} to ${range.most}, got "${text}"`);
  }
  return value;
}
