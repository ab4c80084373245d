import { describe, expect, it } from 'vitest';
import { environmentVariables } from '@spillway/config';
import { malformedValues } from '../../../config/test/malformed-values.ts';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

const PROGRAM = 'console.log(JSON.stringify(start({ application }).status()));';

/** The state if nothing is set. */
const DEFAULTS = {
  state: 'running',
  signals: {
    traces: {
      sampler: 'parentbased_always_on',
      exporters: [{ name: 'otlp', endpoint: 'http://localhost:4318/v1/traces' }],
    },
    logs: { exporters: [{ name: 'otlp', endpoint: 'http://localhost:4318/v1/logs' }] },
    metrics: { exporters: [{ name: 'otlp', endpoint: 'http://localhost:4318/v1/metrics' }] },
  },
  propagators: ['tracecontext', 'baggage'],
};

/** Runs with these variables, and counts the warnings that name each. */
async function start(env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await programs.run(PROGRAM, env);
  if (code !== 0) throw new Error(stderr);
  const complaints = stderr.split('\n').filter((line) => /^otel (warn|error): /.test(line));
  const counts = Object.keys(env).map((name) => [
    name,
    complaints.filter((line) => new RegExp(`\\b${name}\\b`).test(line)).length,
  ]);
  return {
    status: JSON.parse(stdout) as object,
    complaints,
    counts: Object.fromEntries(counts) as Record<string, number>,
  };
}

/** The n-th invalid value of each variable, or its last one if it has fewer. */
function malformed(round: number): Record<string, string> {
  return Object.fromEntries(
    environmentVariables().flatMap(({ name, type, option, signals }) => {
      const values = Object.values(malformedValues(type));
      // An invalid boolean counts as false and so hides the common variable. Each of the two gets its turn.
      if (option === 'insecure' && (signals.length === 1) !== (round % 2 === 0)) return [];
      return values.length === 0 ? [] : [[name, values[Math.min(round, values.length - 1)]!]];
    }),
  );
}

const ROUNDS = Math.max(...environmentVariables().map(({ type }) => Object.keys(malformedValues(type)).length));
const FILES = environmentVariables().filter(({ option }) => option.endsWith('File'));

describe('a start with invalid values in all variables', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'warns of each once, and uses the defaults (%i)',
    async (round) => {
      const env = malformed(round);
      expect(Object.keys(env).length).toBeGreaterThan(60);
      const { status, complaints, counts } = await start(env);
      expect(status).toMatchObject(DEFAULTS);
      expect(counts).toEqual(Object.fromEntries(Object.keys(env).map((name) => [name, 1])));
      expect(complaints).toHaveLength(Object.keys(env).length);
    },
  );

  it('warns of nothing if all variables are empty', async () => {
    const { status, complaints } = await start(
      Object.fromEntries(environmentVariables().map(({ name }) => [name, ' '])),
    );
    expect(status).toMatchObject(DEFAULTS);
    expect(complaints).toEqual([]);
  });

  it.each([
    ['of a signal', FILES.filter(({ signals }) => signals.length === 1)],
    ['of all signals', FILES.filter(({ signals }) => signals.length > 1)],
  ])('warns once of each missing file, named by the variable %s', async (_, variables) => {
    const { status, counts } = await start(Object.fromEntries(variables.map(({ name }) => [name, '/no/such/file'])));
    expect(status).toMatchObject(DEFAULTS);
    expect(counts).toEqual(Object.fromEntries(variables.map(({ name }) => [name, 1])));
  });

  it('warns once of each variable that has an effect elsewhere but not here', async () => {
    const env = {
      OTEL_METRICS_EXEMPLAR_FILTER: 'always_on',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://localhost:1',
      OTEL_EXPORTER_OTLP_INSECURE: 'true',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'thrift',
      SPILLWAY_MADE_UP: '/tmp',
    };
    const { complaints } = await start(env);
    expect(complaints).toHaveLength(4);
    for (const name of [
      'OTEL_METRICS_EXEMPLAR_FILTER',
      'OTEL_EXPORTER_OTLP_INSECURE',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'SPILLWAY_MADE_UP',
    ]) {
      expect(complaints).toContainEqual(expect.stringContaining(name));
    }
  });

  it('warns once of each unknown variable that begins with SPILLWAY_', async () => {
    const { complaints } = await start({ SPILLWAY_STRATGEY: 'block', SPILLWAY_TEAPOT: '1' });
    expect(complaints).toEqual([
      'otel warn: Spillway: "SPILLWAY_STRATGEY" is not known and has no effect: did you mean SPILLWAY_STRATEGY?',
      'otel warn: Spillway: "SPILLWAY_TEAPOT" is not known and has no effect',
    ]);
  });
});
