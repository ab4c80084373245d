import { basename } from 'node:path';
import type { Application } from './application.ts';
import { hostDetectorOfLinux, isHostDetector } from './host-detector.ts';
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
 * The detectors are those of `@opentelemetry/auto-instrumentations-node` where it is installed, as
 * `OTEL_NODE_RESOURCE_DETECTORS` chooses them: all, where it is not set, those of clouds among them. They ask metadata
 * servers over the network, and exports wait for them within limits (`PendingResources` of `@spillway/pipeline`). Otherwise they
 * are those of process, host, operating system and instance, which ask nobody else.
 */
export function resourceOf({ serviceName, attributes }: GivenResource, application: Application, resources: ResourcesModule): ResourceLike {
  const detectors = detectorsOf(application, resources)
    .filter((detector) => detector !== undefined && detector !== resources.envDetector)
    .map((detector) => (process.platform === 'linux' && isHostDetector(detector) ? hostDetectorOfLinux : detector));
  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes({ 'service.name': defaultServiceName() }))
    .merge(resources.detectResources({ detectors }))
    .merge(resources.resourceFromAttributes({ ...attributes, ...(serviceName !== undefined && { 'service.name': serviceName }) }));
  // A resource takes over what was found late only once somebody waits for it. An export does; a process that ends before
  // its first one would send its spans without, and with an error of the SDK on stderr.
  resource.waitForAsyncAttributes?.().catch(() => {});
  return resource;
}

/**
 * What a service is called where nobody says it: by the name of the executable, `unknown_service:node`. The SDKs take
 * `process.argv0` for that, which is a path where the process was started by one, and so another name on another machine.
 * https://github.com/open-telemetry/semantic-conventions/blob/03e4c32b30f0cfd6c92c6854c50cdbb9172d77aa/docs/registry/attributes/service.md#service-name
 */
export function defaultServiceName(executable: string = process.execPath): string {
  return `unknown_service:${basename(executable)}`;
}

function detectorsOf(application: Application, resources: ResourcesModule): readonly unknown[] {
  const { processDetector, hostDetector, osDetector, serviceInstanceIdDetector } = resources;
  // To the specification an empty variable is one that is not set; to that package it is a list of nothing.
  if (process.env[DETECTORS] === '') delete process.env[DETECTORS];
  const local = [processDetector, hostDetector, osDetector, serviceInstanceIdDetector];
  try {
    const auto = application.find(AUTO_INSTRUMENTATIONS)?.load() as AutoInstrumentationsModule | undefined;
    return auto?.getResourceDetectors?.() ?? local;
  } catch {
    // That it cannot be loaded is told where its instrumentations are wanted.
    return local;
  }
}
