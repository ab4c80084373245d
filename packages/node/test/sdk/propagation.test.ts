import { fileURLToPath } from 'node:url';
import * as api from '@opentelemetry/api';
import * as core from '@opentelemetry/core';
import type { PropagatorName } from '@spillway/config';
import { describe, expect, it } from 'vitest';
import { applicationAt } from '../../src/sdk/application.ts';
import { propagatorOf } from '../../src/sdk/propagation.ts';
import type { CoreModule } from '../../src/sdk/sdk-module-types.ts';

/** The packages of all propagators but Jaeger's are installed here. */
const APPLICATION = applicationAt(fileURLToPath(new URL('../../../../test/', import.meta.url)));
const EMPTY = applicationAt('/');

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';

function made(names: readonly PropagatorName[], application = APPLICATION, line: '2.x' | '3.x' = '3.x') {
  const warnings: string[] = [];
  const parts = { core: core as unknown as CoreModule, application, line };
  return { ...propagatorOf(names, parts, (message) => warnings.push(message)), warnings };
}

/** The headers that a service sends on after it received these. */
function sentOn(names: readonly PropagatorName[], received: Readonly<Record<string, string>>) {
  const { propagator } = made(names);
  const context = propagator!.extract(api.ROOT_CONTEXT, received, api.defaultTextMapGetter);
  const sent: Record<string, string> = {};
  propagator!.inject(context, sent, api.defaultTextMapSetter);
  return sent;
}

describe('a propagator of a package', () => {
  it.each<[PropagatorName, Record<string, string>]>([
    ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-1` }],
    ['b3multi', { 'x-b3-traceid': TRACE_ID, 'x-b3-spanid': SPAN_ID, 'x-b3-sampled': '1' }],
    ['xray', { 'x-amzn-trace-id': 'Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1' }],
    ['ottrace', { 'ot-tracer-traceid': '8448eb211c80319c', 'ot-tracer-spanid': SPAN_ID, 'ot-tracer-sampled': 'true' }],
  ])('reads and writes the headers of %s', (name, headers) => {
    expect(sentOn([name], headers)).toEqual(headers);
  });

  it('stands beside those of the SDK, so that each header is read and all are written', () => {
    expect(sentOn(['tracecontext', 'b3'], { b3: `${TRACE_ID}-${SPAN_ID}-1` })).toEqual({
      traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`,
      b3: `${TRACE_ID}-${SPAN_ID}-1`,
    });
  });

  it.each([
    ['b3', '3.x', '@opentelemetry/propagator-b3@^3.0.0'],
    ['b3multi', '2.x', '@opentelemetry/propagator-b3@^2.0.0'],
    ['xray', '3.x', '@opentelemetry/propagator-aws-xray@^3.0.0'],
    ['ottrace', '3.x', '@opentelemetry/propagator-ot-trace'],
    ['jaeger', '3.x', '@opentelemetry/propagator-jaeger@^2.0.0 --legacy-peer-deps'],
  ] as const)('is left out with the command that installs it, and the others go on: %s, %s', (name, line, install) => {
    const { names, propagator, warnings } = made(['tracecontext', name], EMPTY, line);
    expect(warnings).toEqual([
      `the propagator ${name} (OTEL_PROPAGATORS) is left out: ${install.split(/@\^| /)[0]} is not installed. To install it: npm install ${install}`,
    ]);
    expect(names).toEqual(['tracecontext']);
    expect(propagator?.fields()).toEqual(['traceparent', 'tracestate']);
  });

  it('leaves no propagator if it is the only one and cannot be made', () => {
    expect(made(['b3'], EMPTY)).toMatchObject({ names: ['none'], propagator: undefined });
  });
});
