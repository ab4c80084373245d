export { PageSpool } from './page-spool/page-spool.ts';
export type { PageSpoolOptions } from './page-spool/page-spool-options.ts';
export {
  type LogsApiLike,
  type PageReaderSettings,
  type ProviderLike,
  registerWeb,
  type WebHandle,
  type WebOptions,
} from './register-web.ts';
