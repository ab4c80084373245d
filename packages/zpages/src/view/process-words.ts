import type { Report } from '../report/report.ts';
import { bytesText, durationText, percentText } from './words.ts';

/** The process in a line. */
export function processText({ process }: Report): string {
  if (process === undefined) return '';
  return [
    `pid ${process.pid}`,
    `Node ${process.version}`,
    `up ${durationText(process.uptimeMs)}`,
    `event loop ${percentText(process.loopUtilization)} busy`,
    `heap ${bytesText(process.heapUsedBytes)} of ${bytesText(process.heapLimitBytes)}`,
    `memory ${bytesText(process.rssBytes)}`,
  ].join(' · ');
}

/** That the main thread does not answer; `undefined` if it does. */
export function blockedText({ mainThread: { blockedMs, figuresMs } }: Report): string | undefined {
  if (blockedMs === undefined) return undefined;
  const figures =
    figuresMs === undefined ? 'There are no figures yet.' : `The figures are from ${durationText(figuresMs)} ago.`;
  return `Event loop blocked for ${durationText(blockedMs)}: the main thread does not answer. ${figures}`;
}
