import { now } from '@spillway/backpressure';
import { livePipelines } from '@spillway/pipeline';
import { textOf } from '@spillway/zpages';
import { ReportMaker } from '../../packages/zpages/src/report/report-maker.ts';
import { MainThreadWatch } from '../../packages/zpages/src/snapshot/main-thread-watch.ts';

/** What the live page says about items that were not delivered. */
interface ShownLosses {
  readonly lost: number;
  readonly leftOut: number;
  /** The line of each reason, by the reason. */
  readonly lineOf: Readonly<Record<string, string>>;
}

/** Reads the live page of this process, as text, about the pipeline that began last. */
export class PageReader {
  readonly #watch = new MainThreadWatch();
  readonly #reports = new ReportMaker('test');
  readonly #id = livePipelines().at(-1)?.id;

  /** `undefined` once the pipeline has ended: the page does not list it any more. */
  read(): ShownLosses | undefined {
    this.#reports.onSnapshot(this.#watch.snapshot(), now());
    const report = this.#reports.report(now(), 0);
    const pipelines = report.pipelines.filter(({ id }) => id === this.#id);
    if (pipelines.length === 0) return undefined;
    const lines = textOf({ ...report, process: undefined, pipelines })
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '));
    const reasons = lines.filter((line) => /^[a-z_]+ \d+ /.test(line));
    return {
      lost: countIn(lines, /^Since the start .* (\d+) lost$/),
      leftOut: countIn(lines, /^Left out (\d+) /),
      lineOf: Object.fromEntries(reasons.map((line) => [line.split(' ', 1)[0], line])),
    };
  }

  close(): void {
    this.#watch.close();
  }
}

function countIn(lines: readonly string[], pattern: RegExp): number {
  return Number(lines.map((line) => pattern.exec(line)?.[1]).find((count) => count !== undefined) ?? 0);
}
