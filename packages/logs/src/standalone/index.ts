export { hasDiagLogger } from './log-on-stderr.ts';
export {
  type StandaloneHost,
  StandaloneLogger,
  type StandaloneLoggerOptions,
  type StandaloneLogRecord,
} from './standalone-logger.ts';
export type { StandaloneResourceOptions } from './standalone-resource.ts';
export { spanContextOf } from './span-context-fields.ts';
export { writeOnStderr } from './stderr-line.ts';
