import { parseRandomness, parseThreshold, randomnessOfTraceId, readOtTraceState } from '@spillway/sampling';
import type { DeliveredItem } from '../../sampling/delivered-items.ts';
import { attributeOf } from './arrivals.ts';
import type { Received } from './received.ts';

/** The fields of each span that a receiver behind the Collector needs for counting. */
export function countedSpans({ spans }: Received): DeliveredItem[] {
  return spans.map(({ item: { traceId, name = '', traceState = '' } }) => {
    const { threshold, randomness = randomnessOfTraceId(traceId) } = readOtTraceState(traceState);
    return { traceId, name, threshold, randomness };
  });
}

/** The same for log records. */
export function countedLogRecords({ logRecords }: Received): DeliveredItem[] {
  return logRecords.map(({ item }) => {
    const threshold = attributeOf(item, 'sampling.threshold');
    const randomness = attributeOf(item, 'sampling.randomness');
    const traceId = item.traceId ?? '';
    return {
      traceId,
      name: item.body?.stringValue ?? '',
      threshold: threshold === undefined ? undefined : parseThreshold(threshold),
      randomness: randomness === undefined ? randomnessOfTraceId(traceId) : parseRandomness(randomness),
    };
  });
}
