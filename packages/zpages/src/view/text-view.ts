import type { PipelineReport, Report } from '../report/report.ts';
import { destinationOf, dropsOf, factsOf, fillOf, headlineOf, timesOf, type Tone } from './pipeline-words.ts';
import { blockedText, processText } from './process-words.ts';
import { countText, durationText, percentText, rateText } from './words.ts';

export interface TextOptions {
  /** Columns; longer lines are broken at spaces. Default: they are not broken. */
  readonly width?: number | undefined;
  /** Paints a text, for a terminal with colours. Default: it stays as it is. */
  readonly paint?: ((style: TextStyle, text: string) => string) | undefined;
}

export type TextStyle = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

const STYLES: Readonly<Record<Tone, TextStyle>> = { good: 'green', busy: 'yellow', bad: 'red' };

const INDENT = '  ';
const LONGEST_BAR = 20;
/** What is around the bar: the name, and the words after it. */
const AROUND_BAR = 56;
const NAME_WIDTH = 16;
const SPARKS = '▁▂▃▄▅▆▇█';

/** The page as text. */
export function textOf(report: Report, { width = Infinity, paint = (_, text) => text }: TextOptions = {}): string {
  const blocked = blockedText(report);
  const lines = [
    paint('bold', report.name),
    ...broken(processText(report), '', width).map((line) => paint('dim', line)),
    ...(blocked === undefined ? [] : broken(blocked, '', width).map((line) => paint('red', line))),
    '',
    ...(report.pipelines.length === 0 ? ['No pipeline is running.', ''] : []),
    ...report.pipelines.flatMap((pipeline) => [...linesOf(pipeline, width, paint), '']),
  ];
  return lines
    .map((line) => `${line.replaceAll('\u00a0', ' ').trimEnd()}\n`)
    .join('')
    .replace(/\n+$/, '\n');
}

type Paint = NonNullable<TextOptions['paint']>;

function linesOf(pipeline: PipelineReport, width: number, paint: Paint): readonly string[] {
  const { signal, name, metrics, stateMs, rates, failures } = pipeline;
  const headline = headlineOf(pipeline);
  const fill = fillOf(pipeline);
  const length = Math.max(0, Math.min(LONGEST_BAR, width - AROUND_BAR));
  const full = Math.round(fill.share * length);
  const bar = `${'█'.repeat(full)}${'░'.repeat(length - full)} `.trimStart();
  const indented = (text: string, hanging = INDENT) => broken(`${INDENT}${text}`, hanging, width);
  const under = ' '.repeat(INDENT.length + NAME_WIDTH);
  return [
    `${paint('bold', signal)}  ${paint(STYLES[headline.tone], metrics.state)} for ${durationText(stateMs)}`,
    ...indented(`${name} to ${destinationOf(pipeline)}`).map((line) => paint('dim', line)),
    ...indented(headline.text).map((line) => paint(STYLES[headline.tone], line)),
    `${INDENT}${'Queue'.padEnd(NAME_WIDTH)}${bar}${percentText(fill.share)}${fill.by === '' ? '' : ` by ${fill.by}`}`,
    ...(['in', 'out', 'lost'] as const).map(
      (rate) =>
        `${INDENT}${`${rate} per second`.padEnd(NAME_WIDTH)}${rateText(rates.now[rate]).padEnd(9)} ${sparks(rates.history[rate], width)}`,
    ),
    ...factsOf(pipeline).flatMap((fact) => indented(`${fact.name.padEnd(NAME_WIDTH)}${fact.text}`, under)),
    ...dropsOf(pipeline).flatMap(({ reason, count, meaning }) =>
      indented(`${reason.padEnd(NAME_WIDTH)}${countText(count)}  ${meaning}`, under),
    ),
    ...failures.flatMap((failure) => [
      ...indented(`${timesOf(failure)}: ${failure.found}`, `${INDENT}${INDENT}`),
      ...(failure.advice === undefined
        ? []
        : broken(`${INDENT}${INDENT}${failure.advice}`, `${INDENT}${INDENT}`, width)),
    ]),
  ];
}

/** A sparkline of letters, the newest at the right, cut to the width. */
function sparks(values: readonly (number | null)[], width: number): string {
  const room = Math.max(0, Math.min(values.length, width - INDENT.length - NAME_WIDTH - 11));
  const most = Math.max(...values.map((value) => value ?? 0));
  return values
    .slice(values.length - room)
    .map((value) => {
      if (value === null) return ' ';
      return SPARKS[most === 0 ? 0 : Math.round((value / most) * (SPARKS.length - 1))];
    })
    .join('');
}

/** Breaks a line at spaces. */
function broken(text: string, hanging: string, width: number): readonly string[] {
  const [first = '', ...others] = text.split(' ');
  const lines: string[] = [];
  let line = first;
  for (const word of others) {
    const longer = `${line} ${word}`;
    if (longer.length > width && line.trim() !== '') {
      lines.push(line);
      line = `${hanging}${word}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
