/**
 * Modules of OpenTelemetry by the names of their packages, such as `import * as core from '@opentelemetry/core'`.
 *
 * The api, `core` and `resources` are always required, and an SDK for at least one signal. On line 2.x, logs also need
 * `api-logs`. Other packages that a start looks up may be given as well: `context-async-hooks`, `instrumentation`,
 * `auto-instrumentations-node`, `exporter-prometheus`, and for `SPILLWAY_SPOOL_DIRECTORY`, `@spillway/spool`.
 */
export interface SdkModules {
  readonly '@opentelemetry/api': object;
  readonly '@opentelemetry/core': object;
  readonly '@opentelemetry/resources': object;
  /** Line 3.x. */
  readonly '@opentelemetry/sdk-trace'?: object;
  /** Line 2.x. */
  readonly '@opentelemetry/sdk-trace-base'?: object;
  readonly '@opentelemetry/sdk-logs'?: object;
  readonly '@opentelemetry/sdk-metrics'?: object;
  /** Line 2.x. */
  readonly '@opentelemetry/api-logs'?: object;
  readonly [name: string]: object | undefined;
}
