import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { describeSelfMetrics } from './self-metrics-contract.ts';

describeSelfMetrics('2.x', (readers) => new MeterProvider({ readers: [...readers] as never }));
