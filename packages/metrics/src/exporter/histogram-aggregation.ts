import { HISTOGRAM_AGGREGATIONS, type HistogramAggregationName } from '@spillway/config';
import { AGGREGATION_TYPE, type AggregationOptionLike } from '../metric-selectors.ts';

const DEFAULT_AGGREGATION: AggregationOptionLike = Object.freeze({ type: AGGREGATION_TYPE.DEFAULT });
const EXPONENTIAL: AggregationOptionLike = Object.freeze({ type: AGGREGATION_TYPE.EXPONENTIAL_HISTOGRAM });

/** @throws RangeError for an aggregation that is not one of them */
export function histogramAggregation(given: HistogramAggregationName): HistogramAggregationName {
  if (!HISTOGRAM_AGGREGATIONS.includes(given))
    throw new RangeError(
      `defaultHistogramAggregation must be one of ${HISTOGRAM_AGGREGATIONS.join(', ')}, got ${given}`,
    );
  return given;
}

/**
 * The SDK's default is the explicit-bucket histogram, with the boundaries that an instrument advises.
 * @param instrumentType `InstrumentType` of the SDKs
 */
export function aggregationOf(histograms: HistogramAggregationName, instrumentType: string): AggregationOptionLike {
  const isExponential = histograms === 'base2_exponential_bucket_histogram' && instrumentType === 'HISTOGRAM';
  return isExponential ? EXPONENTIAL : DEFAULT_AGGREGATION;
}
