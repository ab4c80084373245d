import type { Attributes } from '@opentelemetry/api';
import type { Component, ExporterComponent } from './component.ts';

/** The attributes of one component, alone and with one more, made once each. */
export class ComponentAttributes {
  readonly plain: Attributes;
  readonly #withOne = new Map<string, Map<string, Attributes>>();

  constructor({ type, name, ...rest }: Component & Partial<ExporterComponent>) {
    const { serverAddress, serverPort } = rest;
    this.plain = {
      'otel.component.type': type,
      'otel.component.name': name,
      ...(serverAddress !== undefined && { 'server.address': serverAddress }),
      ...(serverPort !== undefined && { 'server.port': serverPort }),
    };
  }

  /** @param value one of a closed or bounded set */
  with(key: string, value: string): Attributes {
    let byValue = this.#withOne.get(key);
    if (byValue === undefined) this.#withOne.set(key, (byValue = new Map()));
    let attributes = byValue.get(value);
    if (attributes === undefined) byValue.set(value, (attributes = { ...this.plain, [key]: value }));
    return attributes;
  }
}
