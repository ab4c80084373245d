import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resourceFromAttributes } from '@opentelemetry/resources';
import * as sdkTrace from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applicationAt } from '../../src/sdk/application.ts';
import { samplerFor } from '../../src/sdk/sampler.ts';
import type { ResourceLike, TraceSdkModule } from '../../src/sdk/sdk-module-types.ts';
import { useStartedPrograms } from '../start/started-program.ts';

const programs = useStartedPrograms();

let server: Server;
let asked: string[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => void answer(request).then((body) => response.end(body)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => server.close());

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function answer(request: IncomingMessage): Promise<string> {
  request.resume();
  await once(request, 'end');
  asked.push(request.url ?? '');
  return request.url === '/GetSamplingRules'
    ? JSON.stringify({ SamplingRuleRecords: [{ SamplingRule: XRAY_RULE }] })
    : JSON.stringify({ strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 1 } });
}

/** Keeps everything. */
const XRAY_RULE = {
  RuleName: 'Default',
  RuleARN: 'arn',
  Priority: 10_000,
  ReservoirSize: 0,
  FixedRate: 1,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '*',
  ResourceARN: '*',
  Attributes: {},
  Version: 1,
};

/** Makes spans until the sampler keeps all of them. Before its first answer, it keeps none or few. */
const UNTIL_ALL_ARE_KEPT = `
  const handle = start({ application, traces: { exporters: ['console'] }, logs: false, metrics: false });
  const isKept = () => trace.getTracer('test').startSpan('order').isRecording();
  const look = setInterval(() => {
    if (!Array.from({ length: 50 }, isKept).every((kept) => kept)) return;
    clearInterval(look);
    console.log(JSON.stringify(['sampled by', handle.status().signals.traces.sampler]));
  }, 10);`;

const printed = (stdout: string): unknown => JSON.parse(stdout.split('\n').find((line) => line.startsWith('["'))!);

describe('a sampler that asks a server', () => {
  it.each(['jaeger_remote', 'parentbased_jaeger_remote'])(
    'follows its answers, and keeps no process alive: %s',
    async (sampler) => {
      const { code, stdout } = await programs.run(UNTIL_ALL_ARE_KEPT, {
        OTEL_SERVICE_NAME: 'shop',
        OTEL_TRACES_SAMPLER: sampler,
        OTEL_TRACES_SAMPLER_ARG: `endpoint=${url()}/,pollingIntervalMs=20,initialSamplingRate=0`,
      });
      expect(printed(stdout)).toEqual(['sampled by', sampler]);
      expect(code).toBe(0);
      expect(asked).toContain('/sampling?service=shop');
    },
  );

  it('follows the rules of X-Ray, and keeps no process alive', async () => {
    const { code, stdout } = await programs.run(UNTIL_ALL_ARE_KEPT, {
      OTEL_TRACES_SAMPLER: 'xray',
      OTEL_TRACES_SAMPLER_ARG: `endpoint=${url()},polling_interval=10`,
    });
    expect(printed(stdout)).toEqual(['sampled by', 'xray']);
    expect(code).toBe(0);
    expect(asked).toContain('/GetSamplingRules');
  });
});

describe('a sampler whose package is not installed', () => {
  it.each([
    ['jaeger_remote', '@opentelemetry/sampler-jaeger-remote'],
    ['xray', '@opentelemetry/sampler-aws-xray'],
  ] as const)('is replaced by the default, and a line has the command that installs it: %s', (sampler, name) => {
    const warnings: string[] = [];
    const parts = {
      sdk: sdkTrace as unknown as TraceSdkModule,
      application: applicationAt('/'),
      line: '3.x',
      resource: resourceFromAttributes({}) as unknown as ResourceLike,
      serviceName: 'shop',
      untraced: <T>(run: () => T) => run(),
    } as const;
    const made = samplerFor({ sampler, samplerRatio: 1 }, parts, (message) => warnings.push(message));
    expect(warnings).toEqual([
      `the sampler ${sampler} (OTEL_TRACES_SAMPLER) is left out, and parentbased_always_on samples instead: ${name} is not installed. To install it: npm install ${name}`,
    ]);
    expect(made.text).toBe('parentbased_always_on');
    expect(String(made.sampler)).toContain('root=AlwaysOnSampler');
  });
});
