export { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
