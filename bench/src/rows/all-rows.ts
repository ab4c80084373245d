import { cpu } from './added-cost.ts';
import { burst } from './burst.ts';
import { compression } from './compression.ts';
import { controller } from './controller.ts';
import { cpuInTurn } from './cpu-in-turn.ts';
import { encoding } from './encoding.ts';
import { attributes, scopesAndKeys, textLength } from './encoding-ranges.ts';
import { fast50k } from './fast-collector.ts';
import { go } from './go.ts';
import { grpcBesideHttp } from './grpc-beside-http.ts';
import { importTime } from './import-time.ts';
import { libraries } from './libraries.ts';
import { limited2 } from './limited-collector.ts';
import { livePage } from './live-page.ts';
import { metricsCollection } from './metrics-collection.ts';
import { grpcOutage, hang, outage503 } from './outage.ts';
import { metricsEncoding } from './metrics-encoding.ts';
import { memory } from './queued-item-memory.ts';
import { pino } from './pino.ts';
import { pipelines } from './pipelines.ts';
import { quiet } from './quiet.ts';
import { rates } from './rates.ts';
import type { Row } from './row.ts';
import { sampling } from './sampling.ts';
import { saturation } from './saturation.ts';
import { selfMetrics } from './self-metrics.ts';
import { slow1s, slow200ms } from './slow-collector.ts';
import { spool } from './spool.ts';
import { spoolSlowDisk } from './spool-slow-disk.ts';
import { startUp } from './start-up.ts';

/** Every row, in the order of the table. */
export const ALL_ROWS: readonly Row[] = [
  slow200ms('traces'),
  slow1s('traces'),
  burst('traces'),
  fast50k,
  outage503('traces'),
  hang,
  cpu('traces'),
  cpuInTurn('traces'),
  rates,
  saturation('traces'),
  go,
  quiet,
  pipelines,
  encoding('traces'),
  attributes,
  textLength,
  scopesAndKeys,
  memory('traces'),
  limited2,
  sampling,
  slow200ms('traces over gRPC'),
  slow1s('traces over gRPC'),
  grpcOutage,
  cpuInTurn('traces over gRPC'),
  grpcBesideHttp,
  livePage,
  spoolSlowDisk,
  slow200ms('logs'),
  slow1s('logs'),
  burst('logs'),
  outage503('logs'),
  cpu('logs'),
  cpuInTurn('logs'),
  saturation('logs'),
  encoding('logs'),
  memory('logs'),
  pino,
  metricsCollection,
  metricsEncoding,
  controller,
  libraries,
  selfMetrics,
  compression,
  spool,
  importTime,
  startUp,
];
