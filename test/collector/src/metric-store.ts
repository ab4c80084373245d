import { type Definitions, requireDefinitions } from './definitions.ts';
import type { ReceivedDataPoint } from './metric-messages.ts';
import { MetricTotals } from './metric-totals.ts';
import { seriesOf } from './series.ts';
import type { PendingItems, SignalStore } from './signal-store.ts';

/**
 * The accepted data points. A point has no id in OTLP. Here its id is its resource, scope, metric, attributes and times,
 * so a point that was sent twice is a duplicate. This needs the definitions even if the collector reads only ids; they
 * are then loaded with the first request, and the points themselves are not kept.
 */
export class MetricStore implements SignalStore {
  readonly ids = new Map<string, number>();
  readonly unanswered = new Map<string, number>();
  readonly totals = new MetricTotals();
  readonly #keepsPoints: boolean;
  #definitions: Definitions | undefined;
  readonly #dataPoints: ReceivedDataPoint[] = [];
  readonly #origins = new Map<string, number>();
  #accepted = 0;
  #duplicates = 0;

  constructor(definitions: Definitions | undefined) {
    this.#definitions = definitions;
    this.#keepsPoints = definitions !== undefined;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** In the order of acceptance. */
  get dataPoints(): readonly ReceivedDataPoint[] {
    return this.#dataPoints;
  }

  read(body: Uint8Array): PendingItems {
    this.#definitions ??= requireDefinitions();
    const points = this.#definitions.decodeDataPoints(body);
    const series = points.map((point) => `${this.#numberOf(point)} ${seriesOf(point)}`);
    const ids = points.map(({ point }, at) => [series[at], point.startTimeUnixNano, point.timeUnixNano].join(' '));
    return {
      count: points.length,
      has: (wanted) => points.some((point) => seriesOf(point) === wanted),
      accept: (count) => {
        for (const [at, point] of points.slice(0, count).entries()) this.#add(point, series[at] ?? '', ids[at] ?? '');
      },
      loseAnswer: (count) => {
        for (const id of ids.slice(0, count)) this.unanswered.set(id, (this.unanswered.get(id) ?? 0) + 1);
      },
    };
  }

  #add(point: ReceivedDataPoint, series: string, id: string): void {
    const times = this.ids.get(id) ?? 0;
    if (times > 0) this.#duplicates += 1;
    this.ids.set(id, times + 1);
    this.#accepted += 1;
    this.totals.add(point, series, times > 0);
    if (this.#keepsPoints) this.#dataPoints.push(point);
  }

  /** A number for each resource and scope, so that ids are short. */
  #numberOf({ resource, scope }: ReceivedDataPoint): number {
    const origin = JSON.stringify([resource?.attributes, scope?.name, scope?.version, scope?.attributes]);
    const number = this.#origins.get(origin) ?? this.#origins.size;
    this.#origins.set(origin, number);
    return number;
  }
}
