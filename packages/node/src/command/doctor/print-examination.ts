import { styleText } from 'node:util';
import type { Signal } from '@spillway/config';
import type { Diagnosis } from './diagnosis.ts';

/** What became of the item of one signal. */
export interface SignalExamination {
  readonly signal: Signal;
  /** Where it went, with credentials and query masked. */
  readonly url: string;
  /** The variable that says so; `undefined` for the default. */
  readonly from: string | undefined;
  /** `undefined` where nothing was sent, since the signal does not go to OTLP. */
  readonly diagnosis: Diagnosis | undefined;
  readonly millis: number | undefined;
}

export interface Examination {
  readonly signals: readonly SignalExamination[];
  readonly warnings: readonly string[];
}

const ITEM: Readonly<Record<Signal, string>> = { traces: 'one span', logs: 'one log record' };

export function printExamination(examination: Examination, json: boolean, out: NodeJS.WritableStream): void {
  out.write(json ? `${JSON.stringify(examination, undefined, 2)}\n` : textOf(examination, out));
}

function textOf({ signals, warnings }: Examination, out: NodeJS.WritableStream): string {
  const said = warnings.map((warning) => `${styleText('yellow', 'warning', { stream: out })} ${warning}`);
  return [...signals.flatMap((signal) => [...linesOf(signal, out), '']), ...said, ...(said.length === 0 ? [] : [''])].join('\n');
}

function linesOf({ signal, url, from, diagnosis, millis }: SignalExamination, out: NodeJS.WritableStream): readonly string[] {
  const title = styleText('bold', signal, { stream: out });
  if (diagnosis === undefined) return [`${title} do not go to OTLP, as OTEL_${signal.toUpperCase()}_EXPORTER says: nothing was sent`];
  const isAccepted = diagnosis.kind === 'accepted';
  const mark = styleText(isAccepted ? 'green' : 'red', isAccepted ? 'ok' : 'failed', { stream: out });
  const time = millis === undefined ? '' : ` (${ITEM[signal]}, ${millis} ms)`;
  return [
    `${title} to ${url} (${from ?? 'default'})`,
    `  ${mark}: ${diagnosis.found}${time}`,
    ...(diagnosis.advice === undefined ? [] : [`  ${diagnosis.advice}`]),
  ];
}
