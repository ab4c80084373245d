import { describe, expect, it } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

const INCOMING = "{ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }";

/** Prints the context that a service would send on. */
const PROGRAM = `
  const before = start({ application });
  const outgoing = {};
  context.with(propagation.extract(context.active(), ${INCOMING}), async () => {
    await null;
    const span = trace.getTracer('test').startSpan('order');
    propagation.inject(trace.setSpan(context.active(), span), outgoing);
    console.log(JSON.stringify([before.status().state, before.status().propagators, outgoing, span.isRecording()]));
  });`;

describe('a start that is disabled', () => {
  it('registers propagators, as the specification demands', async () => {
    const { stdout, stderr } = await programs.run(PROGRAM, { OTEL_SDK_DISABLED: 'true' });
    expect(JSON.parse(stdout)).toEqual([
      'not_started',
      ['tracecontext', 'baggage'],
      { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      false,
    ]);
    expect(stderr).toBe('otel info: Spillway is not started: it is disabled\n');
  });

  it('registers the propagators that the variable names, or none', async () => {
    const { stdout } = await programs.run(PROGRAM, { OTEL_SDK_DISABLED: 'true', OTEL_PROPAGATORS: 'none' });
    expect(JSON.parse(stdout)).toEqual(['not_started', ['none'], {}, false]);
  });

  it('may be followed by another start, disabled or not, and nothing is registered twice', async () => {
    const { stdout, stderr } = await programs.run(
      `start({ application }); start({ application }); ${PROGRAM.replace('start({ application })', "start({ application, disabled: false, traces: { exporters: ['console'] }, logs: false })")}`,
      { OTEL_SDK_DISABLED: 'true', OTEL_LOG_LEVEL: 'warn' },
    );
    expect(JSON.parse(stdout.split('\n')[0]!)).toEqual([
      'running',
      ['tracecontext', 'baggage'],
      { traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)/) as string },
      true,
    ]);
    expect(stderr).toBe('');
  });
});
