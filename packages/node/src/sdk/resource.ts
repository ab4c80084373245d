import { basename } from 'node:path';
import type { Application } from './application.ts';
import { hostDetectorOfLinux, isHostDetector } from './host-detector.ts';
import { AUTO_INSTRUMENTATIONS, type AutoInstrumentationsModule } from './instrumentations.ts';
import { loadPart, type OptionalPart, partOfBothLines, reasonOf } from './optional-part.ts';
import type { ResourceLike, ResourcesModule } from './sdk-module-types.ts';

/** The part of the resource that is known without detection. */
export interface GivenResource {
  readonly serviceName: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The names by which a configuration file asks for detectors; `undefined` without a file. */
  readonly detectors?: readonly string[] | undefined;
}

/** Tells `@opentelemetry/auto-instrumentations-node` which detectors to use. The default is all of them. */
const DETECTORS = 'OTEL_NODE_RESOURCE_DETECTORS';

/**
 * Merges the attributes of the detectors with the given ones, which win. OpenTelemetry's detector for environment
 * variables is left out, because we read the variables.
 *
 * If `@opentelemetry/auto-instrumentations-node` is installed, its detectors are used, as selected by
 * `OTEL_NODE_RESOURCE_DETECTORS`. The default is all of them, cloud detectors included. Those ask metadata servers over
 * the network, and exports wait for them within limits (`PendingResources` of `@spillway/pipeline`). Otherwise, the
 * detectors for process, host, operating system and instance are used, which send no requests.
 */
export function resourceOf(
  { serviceName, attributes, detectors: named }: GivenResource,
  application: Application,
  resources: ResourcesModule,
  warn: (message: string) => void = () => {},
): ResourceLike {
  const wanted =
    named === undefined ? detectorsOf(application, resources) : namedDetectors(named, application, resources, warn);
  const detectors = wanted
    .filter((detector) => detector !== undefined && detector !== resources.envDetector)
    .map((detector) => (process.platform === 'linux' && isHostDetector(detector) ? hostDetectorOfLinux : detector));
  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes({ 'service.name': defaultServiceName() }))
    .merge(resources.detectResources({ detectors }))
    .merge(
      resources.resourceFromAttributes({
        ...attributes,
        ...(serviceName !== undefined && { 'service.name': serviceName }),
      }),
    );
  // A resource adds late attributes only if something waits for them. An export does. Without this line, a process that
  // ends before its first export would send its spans without them, and the SDK would log an error on stderr.
  resource.waitForAsyncAttributes?.().catch(() => {});
  return resource;
}

/**
 * The default name of a service: `unknown_service:` and the name of the executable. The SDKs use `process.argv0`. That
 * is a path if the process was started by one, so the name would differ between machines.
 * https://github.com/open-telemetry/semantic-conventions/blob/03e4c32b30f0cfd6c92c6854c50cdbb9172d77aa/docs/registry/attributes/service.md#service-name
 */
export function defaultServiceName(executable: string = process.execPath): string {
  return `unknown_service:${basename(executable)}`;
}

/** The name of the service as far as it is known at the start. A detector may still find another one. */
export function serviceNameOf({
  serviceName,
  resourceAttributes,
}: {
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, unknown>>;
}): string {
  const attribute = resourceAttributes['service.name'];
  if (serviceName !== undefined) return serviceName;
  return typeof attribute === 'string' && attribute !== '' ? attribute : defaultServiceName();
}

const CONTAINER: OptionalPart = partOfBothLines('@opentelemetry/resource-detector-container');

/** The detectors of a configuration file. The one for containers is a package of its own, and may be missing. */
function namedDetectors(
  names: readonly string[],
  application: Application,
  resources: ResourcesModule,
  warn: (message: string) => void,
): readonly unknown[] {
  return names.flatMap((name) => {
    if (name === 'host') return [resources.hostDetector, resources.osDetector];
    if (name === 'process') return [resources.processDetector];
    if (name === 'service') return [resources.serviceInstanceIdDetector];
    try {
      // It is the same package on both lines.
      const module = loadPart(CONTAINER, application, '3.x') as { readonly containerDetector?: unknown };
      return [module.containerDetector];
    } catch (error) {
      warn(`OTEL_CONFIG_FILE: the resource detector container is left out: ${reasonOf(error)}`);
      return [];
    }
  });
}

function detectorsOf(application: Application, resources: ResourcesModule): readonly unknown[] {
  const { processDetector, hostDetector, osDetector, serviceInstanceIdDetector } = resources;
  // By the specification, an empty variable means that it is not set. That package reads an empty list.
  if (process.env[DETECTORS] === '') delete process.env[DETECTORS];
  const local = [processDetector, hostDetector, osDetector, serviceInstanceIdDetector];
  try {
    const auto = application.find(AUTO_INSTRUMENTATIONS)?.load() as AutoInstrumentationsModule | undefined;
    return auto?.getResourceDetectors?.() ?? local;
  } catch {
    // If the package cannot be loaded, this is logged when its instrumentations are switched on.
    return local;
  }
}
