import { processEnvironment } from '@spillway/config';
import type { Application } from './application.ts';
import { AUTO_INSTRUMENTATIONS, type AutoInstrumentationsModule } from './instrumentations.ts';
import type { ResourceLike, ResourcesModule } from './opentelemetry.ts';

/** What is known of the resource without detection. */
export interface GivenResource {
  readonly serviceName: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** By which `@opentelemetry/auto-instrumentations-node` is told which detectors to use; where it is not set, all of them. */
const DETECTORS = 'OTEL_NODE_RESOURCE_DETECTORS';

/**
 * What the detectors find, then what was given, which wins. The variables of OpenTelemetry are read by us, so its
 * detector of them is left out.
 *
 * The detectors are those of process, host, operating system and instance, which ask nobody else; or what
 * `OTEL_NODE_RESOURCE_DETECTORS` names where `@opentelemetry/auto-instrumentations-node` is installed. Its default, all
 * of them, is not ours: it asks the metadata servers of five clouds over the network, nothing can be exported before the
 * last one has not answered, and each attribute that is not found costs a warning.
 */
export function resourceOf({ serviceName, attributes }: GivenResource, application: Application, resources: ResourcesModule): ResourceLike {
  const detectors = detectorsOf(application, resources).filter((detector) => detector !== undefined && detector !== resources.envDetector);
  const resource = resources
    .defaultResource()
    .merge(resources.detectResources({ detectors }))
    .merge(resources.resourceFromAttributes({ ...attributes, ...(serviceName !== undefined && { 'service.name': serviceName }) }));
  // A resource takes over what was found late only once somebody waits for it. An export does; a process that ends before
  // its first one would send its spans without, and with an error of the SDK on stderr.
  resource.waitForAsyncAttributes?.().catch(() => {});
  return resource;
}

function detectorsOf(application: Application, resources: ResourcesModule): readonly unknown[] {
  const { processDetector, hostDetector, osDetector, serviceInstanceIdDetector } = resources;
  const local = [processDetector, hostDetector, osDetector, serviceInstanceIdDetector];
  if ((processEnvironment()[DETECTORS] ?? '') === '') return local;
  const auto = application.find(AUTO_INSTRUMENTATIONS)?.load() as AutoInstrumentationsModule | undefined;
  return auto?.getResourceDetectors?.() ?? local;
}
