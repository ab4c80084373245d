import { type Attributes, SpanKind } from '@opentelemetry/api';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { spans } from '../application/signals/spans.ts';

/** Spans that differ in one quantity. */
export interface Range {
  readonly sizes: readonly number[];
  /** Finished spans as the 3.x SDK makes them, of that size. */
  readonly makeSpans: (size: number) => ReadableSpan[];
}

export type RangeName = 'attributes' | 'text-length' | 'scopes' | 'keys';

/** A cache that was too small would be seen only with more spans than the largest range has scopes or keys. */
const SPANS = 5_120;
/** Attributes, or bytes of text, of all spans together: as many for each size, so that the CPU's caches matter alike. */
const ATTRIBUTES = 8_192;
const TEXT_BYTES = 2 ** 20;
const FEWEST_SPANS = 64;
const MOST_SPANS = 1_024;

const ATTRIBUTES_PER_SPAN = 10;

/** Names of properties are one string each, as in an application. */
const KEYS = Array.from({ length: 5_000 }, (_, index) => `app.attribute.${index}`);

export const RANGES: Readonly<Record<RangeName, Range>> = {
  attributes: {
    sizes: [1, 16, 32, 64, 128],
    makeSpans: (size) => makeSpans(spanCount(ATTRIBUTES / size), 1, (index) => mixedAttributes(size, index)),
  },
  'text-length': {
    sizes: [10, 100, 1_000, 1_100, 10_000],
    makeSpans: (size) =>
      makeSpans(spanCount(TEXT_BYTES / size), 1, (index) => ({ 'db.query.text': text(size, index) })),
  },
  scopes: {
    sizes: [1, 10, 100, 1_000, 2_000, 5_000],
    makeSpans: (size) => makeSpans(SPANS, size, (index) => mixedAttributes(ATTRIBUTES_PER_SPAN, index)),
  },
  keys: {
    sizes: [10, 100, 1_000, 2_000, 5_000],
    makeSpans: (size) => makeSpans(SPANS, 1, (index) => attributesOutOf(size, index)),
  },
};

function spanCount(wanted: number): number {
  return Math.min(MOST_SPANS, Math.max(FEWEST_SPANS, Math.round(wanted)));
}

/** A third each of repeated texts, of texts that are the span's own, and of numbers. */
function mixedAttributes(count: number, index: number): Attributes {
  const attributes: Attributes = {};
  for (let number = 0; number < count; number += 1) {
    const kind = number % 3;
    attributes[KEYS[number] as string] =
      kind === 0 ? 'checkout' : kind === 1 ? flat(`value-${index * 7 + number}`) : index + number;
  }
  return attributes;
}

/** The next ones of so many keys. */
function attributesOutOf(keys: number, index: number): Attributes {
  const attributes: Attributes = {};
  for (let number = 0; number < ATTRIBUTES_PER_SPAN; number += 1) {
    attributes[KEYS[(index * ATTRIBUTES_PER_SPAN + number) % keys] as string] = number;
  }
  return attributes;
}

function text(length: number, index: number): string {
  return flat(`${index} SELECT total FROM orders WHERE id = ? `.repeat(length / 30 + 1).slice(0, length));
}

/** A string that is not built of others, so that the first variant to read it does not have to join them. */
function flat(value: string): string {
  return Buffer.from(value).toString('latin1');
}

/** Attributes are set one after the other, as instrumentations do. */
function makeSpans(count: number, scopes: number, attributesOf: (index: number) => Attributes): ReadableSpan[] {
  const finished: ReadableSpan[] = [];
  const provider = new TracerProvider({ spanProcessors: [spans.createTap((span) => finished.push(span))] });
  const tracers = Array.from({ length: scopes }, (_, index) => provider.getTracer(`@shop/part-${index}`, '1.2.0'));
  for (let index = 0; index < count; index += 1) {
    const span = tracers[index % scopes]?.startSpan('GET /orders', { kind: SpanKind.SERVER });
    for (const [key, value] of Object.entries(attributesOf(index)))
      if (value !== undefined) span?.setAttribute(key, value);
    span?.end();
  }
  return finished;
}
