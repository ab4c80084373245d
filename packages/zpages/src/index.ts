export type { MainThreadReport, PipelineReport, RateSet, Rates, Report } from './report/report.ts';
export type {
  AttemptSnapshot,
  DestinationSnapshot,
  FailureSnapshot,
  PipelineSnapshot,
  ProcessSnapshot,
} from './snapshot/snapshot.ts';
export { type TextOptions, textOf } from './view/text-view.ts';
export { serveZpages, type Zpages } from './zpages.ts';
export { checkZpagesOptions, DEFAULT_ZPAGES_PORT, type ZpagesOptions } from './options/zpages-options.ts';
