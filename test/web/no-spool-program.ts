/** A page with Spillway's pipeline for spans alone, with its defaults. */
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { BackpressureSpanProcessor, OtlpSpanExporter } from '@spillway/trace';
import { collectorUrl } from './collector-of-page.ts';
import { makeSpans } from './make-spans.ts';

const exporter = new OtlpSpanExporter({ url: `${collectorUrl}/v1/traces` });
makeSpans(new TracerProvider({ spanProcessors: [new BackpressureSpanProcessor({ exporter })] }));
