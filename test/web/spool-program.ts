/** A page with Spillway's pipeline for spans and a spool for pages, with their defaults. */
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { registerWeb } from '@spillway/web';
import { makeSpans } from './make-spans.ts';

const { tracerProvider } = registerWeb({ url: '/', TracerProvider });
makeSpans(tracerProvider as TracerProvider);
