import { admissionTo } from '@spillway/backpressure';
import fc from 'fast-check';
import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';
import { describe, expect, it } from 'vitest';
import { EncodedBuffer } from '../../packages/otlp/src/buffer/encoded-buffer.ts';
import type {
  InstrumentationScopeLike,
  ItemEncoder,
  ResourceLike,
} from '../../packages/otlp/src/encoding/item-encoder.ts';

/** An item with one text, in a field that both spans (`trace_state`) and log records (`severity_text`) have. */
interface TextItem {
  readonly text: string;
  readonly scope: InstrumentationScopeLike;
  readonly resource: ResourceLike;
}

/** The content of a request, in its order. */
interface Said {
  readonly service: string | undefined;
  readonly resourceSchemaUrl: string;
  readonly scopes: {
    readonly name: string;
    readonly version: string;
    readonly schemaUrl: string;
    readonly texts: string[];
  }[];
}

const TAG_ITEM = 0x12;
const TAG_TEXT = 0x1a;

const textEncoder: ItemEncoder<TextItem> = {
  encode({ text }, writer) {
    writer.reserve(1);
    writer.bytes[writer.position++] = TAG_ITEM;
    const message = writer.openMessage();
    writer.reserve(1);
    writer.bytes[writer.position++] = TAG_TEXT;
    writer.writeString(text);
    writer.closeMessage(message);
  },
  scopeOf: ({ scope }) => scope,
  resourceOf: ({ resource }) => resource,
};

/** The parts of decoded requests that the tests read. The generated declarations do not name any message. */
interface DecodedResource {
  readonly resource: { readonly attributes: readonly { readonly value: { readonly stringValue: string } }[] };
  readonly schemaUrl: string | null;
}
interface DecodedScope {
  readonly scope: { readonly name: string; readonly version: string | null };
  readonly schemaUrl: string | null;
}
interface DecodedSpans extends DecodedResource {
  readonly scopeSpans: readonly (DecodedScope & {
    readonly spans: readonly { readonly traceState: string | null }[];
  })[];
}
interface DecodedLogs extends DecodedResource {
  readonly scopeLogs: readonly (DecodedScope & {
    readonly logRecords: readonly { readonly severityText: string | null }[];
  })[];
}
interface RequestDefinitions {
  readonly trace: {
    v1: { ExportTraceServiceRequest: { decode(body: Uint8Array): { resourceSpans: DecodedSpans[] } } };
  };
  readonly logs: { v1: { ExportLogsServiceRequest: { decode(body: Uint8Array): { resourceLogs: DecodedLogs[] } } } };
}

const { trace, logs } = (protobuf as unknown as { opentelemetry: { proto: { collector: RequestDefinitions } } })
  .opentelemetry.proto.collector;

function bufferOf(items: readonly TextItem[]): EncodedBuffer<TextItem> {
  const buffer = new EncodedBuffer({ encoder: textEncoder });
  for (const item of items) buffer.push(item, admissionTo(0));
  return buffer;
}

function assembled(buffer: EncodedBuffer<TextItem>, maxItems = Infinity) {
  const { chunks, byteLength } = buffer.assembleRequest(buffer.take(maxItems, Infinity));
  const body = Buffer.concat(chunks);
  expect(body.length).toBe(byteLength);
  return { body, chunks };
}

function saidAsSpans(body: Uint8Array): Said[] {
  return trace.v1.ExportTraceServiceRequest.decode(body).resourceSpans.map((group) => ({
    ...saidOfResource(group),
    scopes: group.scopeSpans.map((scoped) => ({
      ...saidOfScope(scoped),
      texts: scoped.spans.map(({ traceState }) => traceState ?? ''),
    })),
  }));
}

function saidAsLogs(body: Uint8Array): Said[] {
  return logs.v1.ExportLogsServiceRequest.decode(body).resourceLogs.map((group) => ({
    ...saidOfResource(group),
    scopes: group.scopeLogs.map((scoped) => ({
      ...saidOfScope(scoped),
      texts: scoped.logRecords.map(({ severityText }) => severityText ?? ''),
    })),
  }));
}

function saidOfResource({ resource, schemaUrl }: DecodedResource) {
  return { service: resource.attributes[0]?.value.stringValue, resourceSchemaUrl: schemaUrl ?? '' };
}

function saidOfScope({ scope: { name, version }, schemaUrl }: DecodedScope) {
  return { name, version: version ?? '', schemaUrl: schemaUrl ?? '' };
}

/** The expected content of a request: each resource and scope is at the place of its first item. */
function expectedOf(items: readonly TextItem[]): Said[] {
  const said: Said[] = [];
  for (const { text, scope, resource } of items) {
    const service = resource.attributes['service.name'] as string;
    const resourceSchemaUrl = resource.schemaUrl ?? '';
    let ofResource = said.find((one) => one.service === service && one.resourceSchemaUrl === resourceSchemaUrl);
    if (ofResource === undefined) said.push((ofResource = { service, resourceSchemaUrl, scopes: [] }));
    const { name, version = '', schemaUrl = '' } = scope;
    let ofScope = ofResource.scopes.find(
      (one) => one.name === name && one.version === version && one.schemaUrl === schemaUrl,
    );
    if (ofScope === undefined) ofResource.scopes.push((ofScope = { name, version, schemaUrl, texts: [] }));
    ofScope.texts.push(text);
  }
  return said;
}

const resources: ResourceLike[] = [
  { attributes: { 'service.name': 'shop' } },
  { attributes: { 'service.name': 'shop' }, schemaUrl: 'https://schema/1' },
  { attributes: { 'service.name': 'mail' } },
  // Another object with the same content as the first.
  { attributes: { 'service.name': 'shop' } },
];
const scopes: InstrumentationScopeLike[] = [
  { name: 'http' },
  { name: 'http', version: '2' },
  { name: 'sql', version: '1', schemaUrl: 'https://schema/2' },
  { name: 'http' },
];
const [shop, , mail, sameShop] = resources as [ResourceLike, ResourceLike, ResourceLike, ResourceLike];
const [http, , sql] = scopes as [InstrumentationScopeLike, InstrumentationScopeLike, InstrumentationScopeLike];

describe('an assembled request', () => {
  it('is empty without items', () => {
    expect(assembled(bufferOf([])).body.length).toBe(0);
  });

  it('names each resource and each of its scopes once, with the items of a scope in order', () => {
    const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((text, index) => ({
      text,
      scope: index % 2 === 0 ? http : sql,
      resource: index < 4 ? shop : mail,
    }));
    expect(saidAsSpans(assembled(bufferOf(items)).body)).toEqual([
      {
        service: 'shop',
        resourceSchemaUrl: '',
        scopes: [
          { name: 'http', version: '', schemaUrl: '', texts: ['a', 'c'] },
          { name: 'sql', version: '1', schemaUrl: 'https://schema/2', texts: ['b', 'd'] },
        ],
      },
      {
        service: 'mail',
        resourceSchemaUrl: '',
        scopes: [
          { name: 'http', version: '', schemaUrl: '', texts: ['e'] },
          { name: 'sql', version: '1', schemaUrl: 'https://schema/2', texts: ['f'] },
        ],
      },
    ]);
  });

  it('joins resource objects with the same content', () => {
    const items = [
      { text: 'a', scope: http, resource: shop },
      { text: 'b', scope: http, resource: sameShop },
    ];
    expect(saidAsSpans(assembled(bufferOf(items)).body)).toEqual(expectedOf(items));
    expect(expectedOf(items)).toHaveLength(1);
  });

  it('reads the same as spans and as log records, whatever resources, scopes and sizes alternate', () => {
    const itemArbitrary = fc.record({
      text: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 1, max: 40_000 }).map((length) => 'x'.repeat(length)),
      ),
      scope: fc.constantFrom(...scopes),
      resource: fc.constantFrom(...resources),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(itemArbitrary, fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 60 }),
        (groups, batchSize) => {
          const items = groups.flatMap(([item, count]) => Array.from({ length: count }, () => item));
          const buffer = bufferOf(items);
          for (let first = 0; first < items.length; first += batchSize) {
            const { body } = assembled(buffer, batchSize);
            const expected = expectedOf(items.slice(first, first + batchSize));
            expect(saidAsSpans(body)).toEqual(expected);
            expect(saidAsLogs(body)).toEqual(expected);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refers to long runs of items in place, and copies short runs together', () => {
    const alternating = Array.from({ length: 200 }, (_, index) => ({
      text: 'x'.repeat(300),
      scope: index % 2 === 0 ? http : sql,
      resource: shop,
    }));
    const short = assembled(bufferOf(alternating));
    expect(short.chunks).toHaveLength(1);
    const long = assembled(bufferOf(alternating.toSorted((a, b) => a.scope.name.localeCompare(b.scope.name))));
    expect(long.chunks.length).toBeGreaterThan(2);
    expect(long.chunks.length).toBeLessThan(16);
    expect(saidAsSpans(long.body)).toEqual(saidAsSpans(short.body));
  });

  it('has zero-copy chunks that do not change while other items come and go', () => {
    const items = Array.from({ length: 500 }, (_, index) => ({
      text: `${index} ${'x'.repeat(300)}`,
      scope: http,
      resource: shop,
    }));
    const buffer = bufferOf(items);
    const first = buffer.take(250, Infinity);
    const second = buffer.take(250, Infinity);
    const { chunks } = buffer.assembleRequest(first);
    buffer.release(second);
    for (let round = 0; round < 2_000; round += 1) {
      buffer.push({ text: 'y'.repeat(2_000), scope: http, resource: shop }, admissionTo(0));
      if (round % 3 === 0) buffer.release(buffer.take(2, Infinity));
      if (round % 5 === 0) buffer.evict('newest');
    }
    expect(saidAsSpans(Buffer.concat(chunks))).toEqual(expectedOf(items.slice(0, 250)));
  });
});

describe('resources whose attributes are still being detected', () => {
  it('are reported once for a batch with their items, until they are complete', () => {
    const late = { attributes: { 'service.name': 'early' }, asyncAttributesPending: true };
    const items = [shop, late, late, mail, late].map((resource, index) => ({
      text: `${index}`,
      scope: index === 4 ? sql : http,
      resource,
    }));
    const buffer = bufferOf(items);
    const withoutLate = buffer.take(1, Infinity);
    expect(buffer.pendingResources(withoutLate)).toEqual([]);
    const withLate = buffer.take(10, Infinity);
    expect(buffer.pendingResources(withLate)).toEqual([late]);
    late.attributes['service.name'] = 'late';
    late.asyncAttributesPending = false;
    expect(buffer.pendingResources(withLate)).toEqual([]);
    const said = saidAsSpans(Buffer.concat(buffer.assembleRequest(withLate).chunks));
    expect(said.map(({ service }) => service)).toEqual(['late', 'mail']);
  });
});
