/** The code of self-metrics, which most pages do without. */
export { selfMetricsOf } from './pipeline-self-metrics.ts';
export { StandaloneSelfMetrics } from './standalone-self-metrics.ts';
