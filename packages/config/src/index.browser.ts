/**
 * For pages, which have no environment variables: the same names, of which those that read variables of processors, readers
 * and exporters find none. So a page does not load the code and the tables for that.
 */
export * from './index.ts';
export {
  otlpExporterVariables,
  processEnvironment,
  readBatchProcessorEnvironment,
  readMetricReaderEnvironment,
  readOtlpExporterEnvironment,
} from './no-variables.ts';
