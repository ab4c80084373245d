import type { ContextManager, TextMapPropagator } from '@opentelemetry/api';
import type { PropagatorName } from '@spillway/config';
import type { Application } from './application.ts';
import { loadPart, type OptionalPart, partOfBothLines, partOfLines, reasonOf } from './optional-part.ts';
import type { SdkLine } from './sdk-line.ts';
import type { ApiModule, CoreModule } from './sdk-module-types.ts';

/** The specification's default. */
export const DEFAULT_PROPAGATORS: readonly PropagatorName[] = ['tracecontext', 'baggage'];

/** The key by which the copies for `import` and for `require` know of each other. */
const PROPAGATION = Symbol.for('spillway.node.propagation');

const registrations = globalThis as { [PROPAGATION]?: true };

/** What propagators are made from. */
export interface PropagationParts {
  readonly core: CoreModule;
  readonly application: Application;
  readonly line: SdkLine;
}

/** A propagator that is a package of its own. */
interface PackagedPropagator {
  readonly part: OptionalPart;
  readonly make: (module: PropagatorModules) => TextMapPropagator;
}

/** The names that the packages export. Each package has only its own. */
interface PropagatorModules {
  readonly B3Propagator: new (config: { readonly injectEncoding: number }) => TextMapPropagator;
  readonly B3InjectEncoding: { readonly SINGLE_HEADER: number; readonly MULTI_HEADER: number };
  readonly JaegerPropagator: new () => TextMapPropagator;
  readonly AWSXRayPropagator: new () => TextMapPropagator;
  readonly OTTracePropagator: new () => TextMapPropagator;
}

const B3 = partOfLines('@opentelemetry/propagator-b3');
const XRAY = partOfLines('@opentelemetry/propagator-aws-xray');
const JAEGER = '@opentelemetry/propagator-jaeger';

const PACKAGED: Readonly<Partial<Record<PropagatorName, PackagedPropagator>>> = {
  b3: {
    part: B3,
    make: ({ B3Propagator, B3InjectEncoding }) => new B3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER }),
  },
  b3multi: {
    part: B3,
    make: ({ B3Propagator, B3InjectEncoding }) => new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
  },
  jaeger: {
    // Upstream has deprecated it, and has no version that admits the api of line 3.x, although it works with that.
    part: { name: JAEGER, install: { '2.x': `${JAEGER}@^2.0.0`, '3.x': `${JAEGER}@^2.0.0 --legacy-peer-deps` } },
    make: ({ JaegerPropagator }) => new JaegerPropagator(),
  },
  xray: { part: XRAY, make: ({ AWSXRayPropagator }) => new AWSXRayPropagator() },
  ottrace: {
    part: partOfBothLines('@opentelemetry/propagator-ot-trace'),
    make: ({ OTTracePropagator }) => new OTTracePropagator(),
  },
};

/**
 * Makes the named propagators. One that cannot be made is left out, and the others go on.
 * @param warn receives a message for each one that is left out
 * @returns the names of those that were made, and one propagator for all; `undefined` for `none`: then contexts stay
 * within the process
 */
export function propagatorOf(
  names: readonly PropagatorName[],
  parts: PropagationParts,
  warn: (message: string) => void,
): { readonly names: readonly PropagatorName[]; readonly propagator: TextMapPropagator | undefined } {
  const made = new Map<PropagatorName, TextMapPropagator>();
  for (const name of names) {
    if (name === 'none') continue;
    try {
      made.set(name, propagatorNamed(name, parts));
    } catch (error) {
      warn(`the propagator ${name} (OTEL_PROPAGATORS) is left out: ${reasonOf(error)}`);
    }
  }
  if (made.size === 0) return { names: ['none'], propagator: undefined };
  const propagator = new parts.core.CompositePropagator({ propagators: [...made.values()] });
  return { names: [...made.keys()], propagator };
}

function propagatorNamed(name: PropagatorName, { core, application, line }: PropagationParts): TextMapPropagator {
  const packaged = PACKAGED[name];
  if (packaged !== undefined) return packaged.make(loadPart(packaged.part, application, line) as PropagatorModules);
  return name === 'tracecontext' ? new core.W3CTraceContextPropagator() : new core.W3CBaggagePropagator();
}

/**
 * Registers the parts that carry contexts: the context manager within the process, the propagators beyond it. Runs once
 * per process: a disabled start does so too, and another start may follow it.
 */
export function registerPropagation(
  propagator: TextMapPropagator | undefined,
  contexts: ContextManager,
  api: ApiModule,
): void {
  if (registrations[PROPAGATION] === true) return;
  registrations[PROPAGATION] = true;
  api.context.setGlobalContextManager(contexts);
  if (propagator !== undefined) api.propagation.setGlobalPropagator(propagator);
}
