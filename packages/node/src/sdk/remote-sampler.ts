import type { RemoteSampling, SamplerName } from '@spillway/config';
import type { SamplerLike } from '@spillway/trace';
import type { Application } from './application.ts';
import { loadPart, type OptionalPart, partOfBothLines } from './optional-part.ts';
import type { ResourceLike, TraceSdkModule } from './sdk-module-types.ts';
import type { SdkLine } from './sdk-line.ts';

/** What samplers that ask a server are made from. */
export interface RemoteSamplerParts {
  readonly sdk: TraceSdkModule;
  readonly application: Application;
  readonly line: SdkLine;
  readonly resource: ResourceLike;
  readonly serviceName: string;
  /** Runs code whose requests, then and later, are not traced. */
  readonly untraced: <T>(run: () => T) => T;
}

interface JaegerModule {
  readonly JaegerRemoteSampler: new (config: {
    readonly endpoint: string;
    readonly serviceName: string;
    /** As the package spells it: milliseconds between two questions. */
    readonly poolingInterval: number;
    readonly initialSampler: SamplerLike;
  }) => SamplerLike;
}

interface XrayModule {
  readonly AWSXRayRemoteSampler: new (config: {
    readonly resource: ResourceLike;
    readonly endpoint: string;
    /** Seconds. */
    readonly pollingInterval: number;
  }) => SamplerLike;
}

const JAEGER: OptionalPart = partOfBothLines('@opentelemetry/sampler-jaeger-remote');
const XRAY: OptionalPart = partOfBothLines('@opentelemetry/sampler-aws-xray');

/** Where Jaeger 2 and the Collector's extension answer over HTTP. */
const JAEGER_ENDPOINT = 'http://localhost:5778';
/** The default of Jaeger's clients. */
const JAEGER_POLLING_MILLIS = 60_000;
const JAEGER_INITIAL_RATIO = 0.001;
/** Where the X-Ray daemon and the Collector's awsproxy extension listen. */
const XRAY_ENDPOINT = 'http://localhost:2000';
const XRAY_POLLING_MILLIS = 300_000;

export function isRemote(name: SamplerName): boolean {
  return name === 'xray' || name.endsWith('jaeger_remote');
}

/**
 * @param initial samples before the first answer. Default: a share of `initialRatio`
 * @throws Error that names the package and the command, or what the code of the package throws
 */
export function remoteSampler(
  name: SamplerName,
  asked: RemoteSampling,
  parts: RemoteSamplerParts,
  initial?: SamplerLike,
): SamplerLike {
  if (name === 'xray') return xraySampler(asked, parts);
  const sampler = jaegerSampler(asked, parts, initial);
  return name === 'jaeger_remote' ? sampler : new parts.sdk.ParentBasedSampler({ root: sampler });
}

function jaegerSampler(
  { endpoint, pollingIntervalMillis, initialRatio }: RemoteSampling,
  { sdk, application, line, serviceName, untraced }: RemoteSamplerParts,
  initial: SamplerLike | undefined,
): SamplerLike {
  const { JaegerRemoteSampler } = loadPart(JAEGER, application, line) as JaegerModule;
  const make = (): SamplerLike =>
    new JaegerRemoteSampler({
      endpoint: endpoint ?? JAEGER_ENDPOINT,
      serviceName,
      poolingInterval: pollingIntervalMillis ?? JAEGER_POLLING_MILLIS,
      initialSampler: initial ?? new sdk.TraceIdRatioBasedSampler(initialRatio ?? JAEGER_INITIAL_RATIO),
    });
  return untraced(() => withoutHoldingTheProcess(make));
}

function xraySampler(
  { endpoint, pollingIntervalMillis }: RemoteSampling,
  { application, line, resource, untraced }: RemoteSamplerParts,
): SamplerLike {
  const { AWSXRayRemoteSampler } = loadPart(XRAY, application, line) as XrayModule;
  const pollingInterval = (pollingIntervalMillis ?? XRAY_POLLING_MILLIS) / 1000;
  return untraced(() => new AWSXRayRemoteSampler({ resource, endpoint: endpoint ?? XRAY_ENDPOINT, pollingInterval }));
}

/**
 * The sampler of Jaeger starts an interval that it never stops and that nobody else can reach. It would keep every
 * process alive that has nothing left to do. The interval is started while the sampler is made, so only then is it
 * looked for.
 */
function withoutHoldingTheProcess<T>(make: () => T): T {
  const { setInterval } = globalThis;
  globalThis.setInterval = Object.assign(
    (...args: Parameters<typeof setInterval>) => setInterval(...args).unref(),
    setInterval,
  );
  try {
    return make();
  } finally {
    globalThis.setInterval = setInterval;
  }
}
