/**
 * `npm run demo`: the same service with two kinds of pipelines, and a collector that slows down, fails and recovers.
 */
import { runDemo } from './demo.ts';
import { type DemoOptions, parseCommandLine, USAGE, UsageError } from './options.ts';
import { openInBrowser } from './open-in-browser.ts';
import { reportOf } from './report.ts';
import { objectionsTo } from './verdict.ts';
import { LineView } from './view/line-view.ts';
import { LiveView } from './view/live-view.ts';
import type { View } from './view/view.ts';

/** Time in addition to the load: for starting, draining (10 s for Spillway, 30 s for OpenTelemetry) and a margin. */
const DEADLINE_BEYOND_LOAD_MILLIS = 35_000;
/** By the convention of shells: 128 plus the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly exitCode: number;

  constructor(signal: keyof typeof EXIT_CODES) {
    super(`ended by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

// When this process ends, its channels to the others close, and they end too.
process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  try {
    const commandLine = parseCommandLine(args);
    if (commandLine.kind === 'run') return await demonstrate(commandLine.options);
    process.stdout.write(USAGE);
    return 0;
  } catch (error) {
    if (error instanceof InterruptedError) {
      process.stderr.write(`\n${error.message}\n`);
      return error.exitCode;
    }
    const isUsage = error instanceof UsageError;
    process.stderr.write(
      isUsage ? `${error.message}\n\n${USAGE}` : `FAILED: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return isUsage ? 2 : 1;
  }
}

async function demonstrate(options: DemoOptions): Promise<number> {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => abort.abort(new InterruptedError(signal)));
  process.stdout.on('error', (error) => abort.abort(new Error(`nobody reads on: ${error.message}`)));
  const deadlineMillis = options.seconds * 1_000 + DEADLINE_BEYOND_LOAD_MILLIS;
  setTimeout(
    () => abort.abort(new Error(`the demo had not ended after ${deadlineMillis / 1_000} s`)),
    deadlineMillis,
  ).unref();

  print(introductionTo(options));
  const outcome = await runDemo(options, viewFor(process.stdout), showPage, abort);
  const objections = objectionsTo(outcome);
  print(reportOf(outcome, objections));
  return objections.length === 0 ? 0 : 1;
}

function introductionTo({ endpoint, rate, seconds }: DemoOptions): string {
  const load = `${rate} requests a second, for ${seconds} s.`;
  if (endpoint !== undefined)
    return `One service with Spillway: ${load}\nIts spans go to ${endpoint.traces}, its log records to ${endpoint.logs},\nits metrics to ${endpoint.metrics}`;
  return `Two services that differ only in their pipelines for spans, log records and metrics, each with its collector.\nEach gets ${load}`;
}

function showPage(url: string): void {
  print(`The live page of Spillway's service: ${url}`);
  if (process.stdout.isTTY) openInBrowser(url);
}

function viewFor(out: NodeJS.WriteStream): View {
  const canBeRedrawn =
    out.isTTY &&
    process.env['TERM'] !== 'dumb' &&
    out.columns >= LiveView.LEAST_COLUMNS &&
    out.rows >= LiveView.LEAST_ROWS;
  return canBeRedrawn ? new LiveView(out) : new LineView(print);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
