import type * as Variables from './index.ts';

/** No variable is set, whatever the arguments are. */
const nothing = (): Record<string, never> => ({});

export const processEnvironment: typeof Variables.processEnvironment = nothing;
export const otlpExporterVariables: typeof Variables.otlpExporterVariables = nothing;
export const readBatchProcessorEnvironment: typeof Variables.readBatchProcessorEnvironment = nothing;
export const readMetricReaderEnvironment: typeof Variables.readMetricReaderEnvironment = nothing;
export const readOtlpExporterEnvironment: typeof Variables.readOtlpExporterEnvironment = nothing;
