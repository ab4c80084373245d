import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { describeSelfMetrics } from '../../packages/pipeline/test/self-metrics/self-metrics-contract.ts';

describeSelfMetrics('3.x', (readers) => new MeterProvider({ readers: [...readers] as never }));
