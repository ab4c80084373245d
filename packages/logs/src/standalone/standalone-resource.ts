import type { SdkEnvironment } from '@spillway/config';

/** Which service the records come from. */
export interface StandaloneResourceOptions {
  /** `service.name` of the resource. Default `OTEL_SERVICE_NAME`, or `unknown_service:` and the executable. */
  readonly serviceName?: string | undefined;
  /** Further attributes of the resource. They win over those of `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resourceAttributes?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The attributes of a resource that no SDK makes: code, then environment, then what was detected.
 * @param detected what the caller knows of its process, a default `service.name` included
 */
export function standaloneResource(
  { serviceName, resourceAttributes }: StandaloneResourceOptions,
  environment: SdkEnvironment,
  detected: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    ...detected,
    ...environment.resourceAttributes,
    ...(environment.serviceName !== undefined && { 'service.name': environment.serviceName }),
    ...resourceAttributes,
    ...(serviceName !== undefined && { 'service.name': serviceName }),
  };
}
