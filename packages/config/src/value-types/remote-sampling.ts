import { integer, MAX_INT32, ratio } from './number.ts';
import { mayHoldSecret, signalEndpoint } from './endpoint.ts';
import type { ValueType } from './value-type.ts';

/** How a sampler asks a server which traces to keep. What the variable leaves out is absent. */
export interface RemoteSampling {
  /** The base URL of the server. */
  readonly endpoint?: string;
  readonly pollingIntervalMillis?: number;
  /** The share of traces that is kept before the first answer, 0 to 1. Only of `jaeger_remote`. */
  readonly initialRatio?: number;
}

interface Entry<T> {
  readonly type: ValueType<T>;
  readonly set: (value: T) => RemoteSampling;
}

const endpoint: Entry<string> = {
  type: signalEndpoint,
  // What is asked for is appended, so a URL that ends with a slash would get two of them.
  set: (url) => ({ endpoint: url.replace(/\/$/, '') }),
};

/** The names of the specification. */
const JAEGER: Readonly<Record<string, Entry<string> | Entry<number>>> = {
  endpoint,
  pollingIntervalMs: {
    type: integer({ min: 1, max: MAX_INT32 }),
    set: (pollingIntervalMillis: number) => ({ pollingIntervalMillis }),
  },
  initialSamplingRate: { type: ratio, set: (initialRatio: number) => ({ initialRatio }) },
};

/** The names that AWS documents for its distributions. The interval is in seconds, and the sampler takes 10 or more. */
const XRAY: typeof JAEGER = {
  endpoint,
  polling_interval: {
    type: integer({ min: 10, max: Math.floor(MAX_INT32 / 1000) }),
    set: (seconds: number) => ({ pollingIntervalMillis: seconds * 1000 }),
  },
};

/** A list of `name=value` between commas. A bad entry is left out, and the others count. */
/* @__NO_SIDE_EFFECTS__ */
function listOfEntries(known: typeof JAEGER): ValueType<RemoteSampling> {
  const names = Object.keys(known);
  return {
    name: `list of ${names.map((name) => `\`${name}=\``).join(', ')}`,
    mayHoldSecret,
    parse(text) {
      let value: RemoteSampling = {};
      const problems: string[] = [];
      for (const part of text.split(',')) {
        const equals = part.indexOf('=');
        const name = (equals === -1 ? '' : part.slice(0, equals)).trim();
        const entry = Object.hasOwn(known, name) ? (known[name] as Entry<unknown>) : undefined;
        const parsed = entry?.type.parse(part.slice(equals + 1).trim());
        if (entry === undefined) problems.push(`an entry is left out (expected ${names.join(', ')}, each with "=")`);
        else if (parsed?.value === undefined) problems.push(`${name} is left out (${parsed?.problem})`);
        else value = { ...value, ...entry.set(parsed.value) };
      }
      return {
        ...(Object.keys(value).length > 0 && { value }),
        ...(problems.length > 0 && { problem: problems.join('; ') }),
      };
    },
  };
}

export const jaegerSampling: ValueType<RemoteSampling> = /* @__PURE__ */ listOfEntries(JAEGER);

export const xraySampling: ValueType<RemoteSampling> = /* @__PURE__ */ listOfEntries(XRAY);
