import type { Attributes } from '@opentelemetry/api';
import type { Component, ExporterComponent } from './component.ts';

/** The attributes of one component, alone and with one more, made once each. */
export class ComponentAttributes {
  readonly plain: Attributes;
  readonly #withOne = new Map<string, Attributes>();

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
    const name = `${key}=${value}`;
    const known = this.#withOne.get(name);
    if (known !== undefined) return known;
    const made = { ...this.plain, [key]: value };
    this.#withOne.set(name, made);
    return made;
  }
}
