export { LoggerProvider } from '@opentelemetry/sdk-logs';
export { TracerProvider } from '@opentelemetry/sdk-trace';
export { InMemoryProcessor } from '@spillway/pipeline/testing';
export { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
