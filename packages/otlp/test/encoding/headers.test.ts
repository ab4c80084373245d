import protobuf from 'otlp-protobuf-definitions/build/src/generated/root.js';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeResourceHeader, encodeScopeHeader } from '../../src/encoding/headers.ts';

interface MessageType {
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): unknown;
}

/** The part of the generated code that is used; its own declarations do not list the messages. */
interface GeneratedRoot {
  readonly opentelemetry: {
    readonly proto: {
      readonly trace: { readonly v1: { readonly ScopeSpans: MessageType; readonly ResourceSpans: MessageType } };
    };
  };
}

const { ResourceSpans, ScopeSpans } = (protobuf as unknown as GeneratedRoot).opentelemetry.proto.trace.v1;

function decode(type: MessageType, bytes: Uint8Array): unknown {
  return type.toObject(type.decode(bytes), { longs: String });
}

describe('a resource header', () => {
  it('has the attributes and the schema URL', () => {
    const header = encodeResourceHeader({
      attributes: { 'service.name': 'shop', ports: [1] },
      schemaUrl: 'https://schemas.test/1',
    });
    expect(decode(ResourceSpans, header)).toEqual({
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'shop' } },
          { key: 'ports', value: { arrayValue: { values: [{ intValue: '1' }] } } },
        ],
      },
      schemaUrl: 'https://schemas.test/1',
    });
  });

  it('counts the attributes that cannot be encoded', () => {
    expect(decode(ResourceSpans, encodeResourceHeader({ attributes: { bad: () => 1, good: true } }))).toEqual({
      resource: { attributes: [{ key: 'good', value: { boolValue: true } }], droppedAttributesCount: 1 },
    });
  });

  it('has the known attributes while others are still being detected, and nothing is logged', () => {
    const error = vi.fn<(message: string) => void>();
    diag.setLogger(
      { error, warn: error, info: error, debug: error, verbose: error },
      { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
    );
    onTestFinished(() => diag.disable());
    const late = resourceFromAttributes({
      'host.id': Promise.resolve('0af3'),
      'host.name': 'walden',
      nothing: undefined,
      team: 'first',
    });
    const resource = late.merge(resourceFromAttributes({ team: 'second' }));
    expect(decode(ResourceSpans, encodeResourceHeader(resource))).toEqual({
      resource: {
        attributes: [
          { key: 'team', value: { stringValue: 'second' } },
          { key: 'host.name', value: { stringValue: 'walden' } },
        ],
      },
    });
    expect(error).not.toHaveBeenCalled();
  });

  it('is empty if the resource cannot be read', () => {
    const resource = {
      get attributes(): never {
        throw new Error('no');
      },
    };
    expect(encodeResourceHeader(resource)).toHaveLength(0);
  });
});

describe('a scope header', () => {
  it('has name, version, attributes and the schema URL', () => {
    const header = encodeScopeHeader({
      name: '@shop/http',
      version: '1.2.0',
      schemaUrl: 'https://schemas.test/2',
      attributes: { team: 'a'.repeat(3000), bad: Symbol('s') },
      droppedAttributesCount: 2,
    });
    expect(decode(ScopeSpans, header)).toEqual({
      scope: {
        name: '@shop/http',
        version: '1.2.0',
        attributes: [{ key: 'team', value: { stringValue: 'a'.repeat(3000) } }],
        droppedAttributesCount: 3,
      },
      schemaUrl: 'https://schemas.test/2',
    });
  });

  it('has no fields that are not given', () => {
    expect(decode(ScopeSpans, encodeScopeHeader({ name: '' }))).toEqual({ scope: {} });
  });
});
