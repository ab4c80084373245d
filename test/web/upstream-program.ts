/** A page with OpenTelemetry's own pipeline for spans, with its defaults. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { collectorUrl } from './collector-of-page.ts';
import { makeSpans } from './make-spans.ts';

const exporter = new OTLPTraceExporter({ url: `${collectorUrl}/v1/traces` });
makeSpans(new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] }));
