import { styleText } from 'node:util';
import type { Signal } from '@spillway/config';
import type { Diagnosis } from '@spillway/otlp/diagnosis';
import { sourceText } from '../shown-value.ts';
import type { SpoolExamination } from './examine-spool.ts';
import type { StartExamination } from './examine-start.ts';

/** The result for one signal. */
export interface SignalExamination {
  readonly signal: Signal;
  /** Where it went, with credentials and query masked. */
  readonly url: string;
  /** The variable, or the path of a configuration file, that says the signal does not go to OTLP; absent if it does. */
  readonly exporterFrom?: string;
  /** The variable, or the path of a configuration file, that sets the URL; `undefined` for the default. */
  readonly from: string | undefined;
  /** Variables of the URL that are set but have no effect, because their value is not a URL. */
  readonly ignored: readonly string[];
  /** Host and port of the proxy that it went through, and its variable; absent if it went through none. */
  readonly proxy?: { readonly host: string; readonly from: string };
  /** `undefined` if nothing was sent, because the signal does not go to OTLP. */
  readonly diagnosis: Diagnosis | undefined;
  readonly millis: number | undefined;
}

export interface Examination {
  readonly signals: readonly SignalExamination[];
  readonly start: StartExamination;
  /** Absent if no spool is configured. */
  readonly spool?: SpoolExamination;
  readonly warnings: readonly string[];
}

const ITEM: Readonly<Record<Signal, string>> = {
  traces: 'one span',
  logs: 'one log record',
  metrics: 'one data point',
};

export function printExamination(examination: Examination, json: boolean, out: NodeJS.WritableStream): void {
  out.write(json ? `${JSON.stringify(examination, undefined, 2)}\n` : textOf(examination, out));
}

function textOf({ signals, start, spool, warnings }: Examination, out: NodeJS.WritableStream): string {
  const said = warnings.map((warning) => `${styleText('yellow', 'warning', { stream: out })} ${warning}`);
  return [
    ...signals.flatMap((signal) => [...linesOf(signal, out), '']),
    ...startLines(start, out),
    '',
    ...(spool === undefined ? [] : [...spoolLines(spool, out), '']),
    ...said,
    ...(said.length === 0 ? [] : ['']),
  ].join('\n');
}

/** Packages are looked up from the working folder, which may be the wrong one. */
function startLines({ folder, isOk, found }: StartExamination, out: NodeJS.WritableStream): readonly string[] {
  return [
    `${styleText('bold', 'start', { stream: out })} of an application in ${folder}`,
    ...found.map((sentence) => `  ${mark(isOk, out)}: ${sentence}`),
  ];
}

function spoolLines(
  { directory, isOk, found, warnings }: SpoolExamination,
  out: NodeJS.WritableStream,
): readonly string[] {
  return [
    `${styleText('bold', 'spool', { stream: out })} in ${directory}`,
    ...found.map((sentence) => `  ${mark(isOk, out)}: ${sentence}`),
    ...warnings.map((sentence) => `  ${styleText('yellow', 'warning', { stream: out })}: ${sentence}`),
  ];
}

function mark(isOk: boolean, out: NodeJS.WritableStream): string {
  return styleText(isOk ? 'green' : 'red', isOk ? 'ok' : 'failed', { stream: out });
}

function linesOf(
  { signal, url, from, ignored, proxy, diagnosis, millis, exporterFrom }: SignalExamination,
  out: NodeJS.WritableStream,
): readonly string[] {
  const title = styleText('bold', signal, { stream: out });
  if (diagnosis === undefined)
    return [
      `${title} do not go to OTLP, because of ${exporterFrom ?? `OTEL_${signal.toUpperCase()}_EXPORTER`}: nothing was sent`,
    ];
  const way = proxy === undefined ? '' : ` through the proxy ${proxy.host} (${proxy.from})`;
  const time = millis === undefined ? '' : ` (${ITEM[signal]}, ${millis} ms)`;
  return [
    `${title} to ${url} (${sourceText(from, ignored)})${way}`,
    `  ${mark(diagnosis.kind === 'accepted', out)}: ${diagnosis.found}${time}`,
    ...(diagnosis.advice === undefined ? [] : [`  ${diagnosis.advice}`]),
  ];
}
