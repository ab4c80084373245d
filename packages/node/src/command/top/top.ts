import type { ReadStream, WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { startTimer } from '@spillway/backpressure';
import { processEnvironment, readSdkEnvironment } from '@spillway/config';
import { DEFAULT_ZPAGES_PORT, type Report, textOf } from '@spillway/zpages';
import { Picture } from './picture.ts';
import { fetchReport, PageError } from './report-client.ts';

const INTERVAL_MILLIS = 1_000;

export interface TopOptions {
  /** Of the page. Default: as the variables of this process say. */
  readonly url: string | undefined;
  readonly json: boolean;
}

/**
 * Shows the live page of a process in a terminal: again and again, or once if the output is not a terminal.
 * @returns the exit code: 0 if the page answered
 */
export async function showTop(
  { url, json }: TopOptions,
  input: NodeJS.ReadableStream,
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream,
): Promise<number> {
  const { zpagesPort: port = DEFAULT_ZPAGES_PORT, zpagesToken: token } = readSdkEnvironment(processEnvironment());
  const page = new URL(url ?? `http://127.0.0.1:${port}/`);
  const read = () => fetchReport(page, token);
  const isTerminal = (out as Partial<WriteStream>).isTTY === true && (input as Partial<ReadStream>).isTTY === true;
  if (isTerminal && !json) return redraw(read, input as ReadStream, out as WriteStream);
  try {
    const report = await read();
    out.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : textOf(report, { paint: paintFor(out) }));
    return 0;
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    err.write(`${error.message}\n`);
    return 1;
  }
}

async function redraw(read: () => Promise<Report>, input: ReadStream, out: WriteStream): Promise<number> {
  const picture = new Picture(input, out);
  let hasAnswered = false;
  let latest: Report | undefined;
  try {
    while (!picture.isClosed) {
      let problem = '';
      try {
        // oxlint-disable-next-line no-await-in-loop -- one report after the other
        latest = await read();
        hasAnswered = true;
      } catch (error) {
        if (!(error instanceof PageError)) throw error;
        problem = `${styleText('red', error.message)}\n\n`;
      }
      const text = latest === undefined ? '' : textOf(latest, { width: out.columns, paint: paintFor(out) });
      picture.show(`${problem}${text}\n${styleText('dim', 'q: quit')}`);
      // oxlint-disable-next-line no-await-in-loop -- the same
      await Promise.race([picture.closed, pause()]);
    }
  } finally {
    picture.close();
  }
  return hasAnswered ? 0 : 1;
}

function paintFor(stream: NodeJS.WritableStream): (style: Parameters<typeof styleText>[0], text: string) => string {
  return (style, text) => styleText(style, text, { stream });
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    startTimer(resolve, INTERVAL_MILLIS, true);
  });
}
