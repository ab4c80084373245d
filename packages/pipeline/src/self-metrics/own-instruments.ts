import { DURATION_BOUNDARIES } from './conventional-instruments.ts';
import type { Instrument } from './instrument.ts';

const COMPONENT = ['otel.component.type', 'otel.component.name'];

/** What the semantic conventions lack, for the pipeline behind a processor or reader. */
export type PipelineKey = keyof typeof PIPELINE_INSTRUMENTS;

export const PIPELINE_INSTRUMENTS = {
  state: {
    name: 'spillway.pipeline.state',
    kind: 'updowncounter',
    unit: '1',
    attributes: [...COMPONENT, 'spillway.state'],
    meaning: 'The state of the pipeline: 1 for the present one, 0 for the others.',
    use: 'Alert if `critical` or `blocked` lasts for minutes: items will be lost or sampled out.',
  },
  utilization: {
    name: 'spillway.pipeline.utilization',
    kind: 'gauge',
    unit: '1',
    attributes: [...COMPONENT, 'spillway.utilization.source'],
    meaning:
      'How full each bound is (items, bytes, budget), and how high the pressure on the process is; 1 is the limit.',
    use: 'Says what presses. The state follows the worst of them: from 0.5 on `elevated`, from 0.8 on `critical`.',
  },
  memoryUsage: {
    name: 'spillway.pipeline.memory.usage',
    kind: 'updowncounter',
    unit: 'By',
    attributes: COMPONENT,
    meaning: 'The bytes of all items held, in flight included.',
    use: 'How much of the memory of the process telemetry takes.',
  },
  memoryLimit: {
    name: 'spillway.pipeline.memory.limit',
    kind: 'updowncounter',
    unit: 'By',
    attributes: COMPONENT,
    meaning: 'The most bytes that the pipeline holds: `maxQueueBytes`.',
    use: 'The divisor of the usage.',
  },
  offered: {
    name: 'spillway.item.offered',
    kind: 'counter',
    unit: '{item}',
    attributes: COMPONENT,
    meaning:
      'The number of items that the application has made, and of those that were taken over from a process that has ended.',
    use: 'The divisor of `spillway.item.dropped`: the share of telemetry that is missing.',
  },
  dropped: {
    name: 'spillway.item.dropped',
    kind: 'counter',
    unit: '{item}',
    attributes: [...COMPONENT, 'spillway.drop.reason'],
    meaning: 'The number of items that were not delivered, by reason, as in `getMetrics().droppedByReason`.',
    use: 'Alert on any increase, except of the reasons that are on purpose: `sampled_out`, `deduplicated`, `superseded`, `feedback`.',
  },
  notBuilt: {
    name: 'spillway.item.not_built',
    kind: 'counter',
    unit: '{item}',
    attributes: COMPONENT,
    meaning:
      'The number of items that the SDK was told not to build, because they would have been refused or sampled out.',
    use: 'Of log records, a loss like `queue_full`: alert on any increase. Of spans, traces that are sampled out at their beginning.',
  },
  retried: {
    name: 'spillway.item.retried',
    kind: 'counter',
    unit: '{item}',
    attributes: COMPONENT,
    meaning: 'The number of times that an item was put back to be sent again.',
    use: 'Rises during an outage. High all the time: the collector is overloaded, or answers too late.',
  },
  setAside: {
    name: 'spillway.item.set_aside',
    kind: 'updowncounter',
    unit: '{item}',
    attributes: COMPONENT,
    meaning: 'The number of items whose batch failed while others were delivered, and is tried alone.',
    use: 'Above 0 for minutes: some items make their requests fail, or a replica of the collector is ill.',
  },
  throttled: {
    name: 'spillway.throttle.time',
    kind: 'counter',
    unit: 's',
    attributes: COMPONENT,
    meaning: 'The time in which nothing was sent because the collector had asked for a pause.',
    use: 'Its rate is the share of time. Above 0.5: the collector has too little capacity or a quota is reached.',
  },
  circuitOpen: {
    name: 'spillway.circuit.open.time',
    kind: 'counter',
    unit: 's',
    attributes: COMPONENT,
    meaning: 'The time in which only probes were sent, because the collector is gone.',
    use: 'Its rate is the share of time. 1 for a minute: an outage.',
  },
  samplingProbability: {
    name: 'spillway.sampling.probability',
    kind: 'gauge',
    unit: '1',
    attributes: COMPONENT,
    meaning: 'The share of items that sampling under load keeps at present; 1 if all.',
    use: 'Below 1 for hours: give the collector more capacity, or sample by a rule of your own.',
  },
  requestsInFlight: {
    name: 'spillway.request.inflight',
    kind: 'updowncounter',
    unit: '{request}',
    attributes: COMPONENT,
    meaning: 'The number of requests in flight.',
    use: 'At the limit for minutes: the collector is slow.',
  },
  requestLimit: {
    name: 'spillway.request.limit',
    kind: 'updowncounter',
    unit: '{request}',
    attributes: COMPONENT,
    meaning: 'The most requests that may be in flight at present, adapted to the collector.',
    use: 'Falls when answers become slow.',
  },
  spoolItems: {
    name: 'spillway.spool.items',
    kind: 'updowncounter',
    unit: '{item}',
    attributes: COMPONENT,
    meaning:
      'The number of items that the spool holds for the pipeline, including those that other processes have left. Absent without a spool.',
    use: 'Falls after an outage. Rises while the collector takes items: the collector has too little capacity.',
  },
  spoolSize: {
    name: 'spillway.spool.size',
    kind: 'updowncounter',
    unit: 'By',
    attributes: COMPONENT,
    meaning: 'The bytes of the files of the spool for the pipeline. Absent without a spool.',
    use: 'Near `SPILLWAY_SPOOL_MAX_BYTES`, as the sum of all pipelines of a service: the oldest items will be lost as `spool_full`.',
  },
} as const satisfies Readonly<Record<string, Instrument>>;

/** What the semantic conventions lack, for an exporter. */
export const REQUEST_DURATION: Instrument = {
  name: 'spillway.request.duration',
  kind: 'histogram',
  unit: 's',
  attributes: [
    ...COMPONENT,
    'server.address',
    'server.port',
    'error.type',
    'http.response.status_code',
    'rpc.response.status_code',
  ],
  meaning: 'The time of one attempt to send a request, failed ones included.',
  use: 'The latency of the collector. The share with `error.type` is the rate of failures, retries included.',
  boundaries: DURATION_BOUNDARIES,
};
