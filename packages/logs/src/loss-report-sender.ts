import {
  addTaker,
  askForReports,
  type ExportPipeline,
  type LossReport,
  type LossReportTaker,
} from '@spillway/pipeline';
import { lossReportRecord } from './loss-report-record.ts';
import type { ReadableLogRecordLike } from './readable-log-record.ts';

/** Sends what the pipelines of the process have lost, as log records of one of them. */
export class LossReportSender implements LossReportTaker {
  readonly #pipeline: Pick<ExportPipeline<ReadableLogRecordLike>, 'offerReport' | 'resource'>;
  readonly #leave: () => void;

  constructor(pipeline: Pick<ExportPipeline<ReadableLogRecordLike>, 'offerReport' | 'resource'>) {
    this.#pipeline = pipeline;
    this.#leave = addTaker(this);
  }

  /** A report needs a resource, or nobody could tell whose it is. */
  take(report: LossReport): boolean {
    const resource = report.resource ?? this.#pipeline.resource;
    return resource !== undefined && this.#pipeline.offerReport(lossReportRecord(report, resource));
  }

  /** Takes the reports that may be made now. */
  flush(): void {
    askForReports('due');
  }

  /** Takes the last reports. */
  end(): void {
    askForReports('last');
    this.#leave();
  }
}
