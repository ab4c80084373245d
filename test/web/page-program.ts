/** The program of the page. It is bundled as an application's would be, and driven by the tests. */
import { BackpressureLogRecordProcessor, OtlpLogRecordExporter } from '@spillway/logs';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { PageSpool, type PageSpoolOptions } from '@spillway/web';
import { logRecord, span } from '../browser/page-items.ts';

export interface PageSettings {
  /** Of the collector; by default the page's own server. */
  readonly url?: string;
  /** Without, the processors have no spool. */
  readonly spool?: PageSpoolOptions;
  /** How often what is held is sent, in milliseconds. Long, so that the end of the page comes before. */
  readonly scheduledDelayMillis?: number;
}

/** Starts both signals, and returns what makes items. */
function start({ url = location.origin, spool, scheduledDelayMillis = 30_000 }: PageSettings) {
  const options = {
    scheduledDelayMillis,
    ...(spool === undefined ? {} : { spool: new PageSpool(spool) }),
  };
  const spans = new BackpressureSpanProcessor({
    ...options,
    exporter: new OtlpSpanExporter({ url: `${url}/v1/traces` }),
  });
  const logRecords = new BackpressureLogRecordProcessor({
    ...options,
    exporter: new OtlpLogRecordExporter({ url: `${url}/v1/logs` }),
  });
  return {
    spans,
    logRecords,
    make(spanCount: number, logRecordCount: number): void {
      for (let made = 0; made < spanCount; made += 1) spans.onEnd(span());
      for (let made = 0; made < logRecordCount; made += 1) logRecords.onEmit(logRecord());
    },
  };
}

export type StartedPage = ReturnType<typeof start>;

Object.assign(globalThis, { start });
