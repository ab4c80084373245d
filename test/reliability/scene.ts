import type { OtlpExporterOptions } from '@spillway/otlp';
import type { SpawnedCollector } from '../collector/src/index.ts';
import type { LoadedPipeline } from './loaded-pipeline.ts';
import type { Pace } from './pace.ts';
import type { Wire } from '../faults/wire.ts';

/** How the pipelines reach the collector. */
export interface Way {
  /** Scheme, host and port. */
  readonly url: string;
  readonly exporter?: OtlpExporterOptions;
  close?(): Promise<void>;
}

/** The objects that a fault affects. */
export interface Scene<ItsWay extends Way = Way> {
  readonly collector: SpawnedCollector;
  readonly way: ItsWay;
  readonly pipelines: readonly LoadedPipeline[];
  readonly pace: Pace;
  readonly wire: Wire;
}
