// Replaces the code that upstream's build generates from the definitions of OTLP.
import root from 'otlp-protobuf-definitions/build/src/generated/root.js';

export const { opentelemetry } = root as unknown as { readonly opentelemetry: unknown };
