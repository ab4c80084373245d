export { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
export { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
