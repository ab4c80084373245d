/** A page with Spillway's pipeline for spans and a spool for pages, with their defaults. */
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { registerWeb } from '@spillway/web';
import { collectorUrl } from './collector-of-page.ts';
import { makeSpans } from './make-spans.ts';

const { tracerProvider } = registerWeb({ url: collectorUrl, TracerProvider });
makeSpans(tracerProvider as TracerProvider);
