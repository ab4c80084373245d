import { startCollector } from '@spillway/test/collector';
import { describe, expect, it } from 'vitest';
import { DemoProcess, finalRow } from './demo-process.ts';

const TIMEOUT_MILLIS = 60_000;

// Runs the packages as they are built.
describe('the demo', { timeout: TIMEOUT_MILLIS, concurrent: false }, () => {
  it('walks through its phases, ends with 0, and Spillway has lost nothing', async () => {
    const { code, printed, complaints } = await new DemoProcess('--seconds', '6').end();

    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    for (const phase of ['normal', 'slow', 'out', 'recovered', 'shutdown']) expect(printed).toMatch(new RegExp(`^phase \\d of 5, ${phase}: `, 'm'));
    const spillway = finalRow(printed, 'Spillway');
    const upstream = finalRow(printed, 'OpenTelemetry');
    expect(spillway).toMatchObject({ lost: '0', delivered: spillway['made'] });
    expect(upstream['requests']).toBe(spillway['requests']);
    expect(upstream['made']).toBe(spillway['made']);
    expect(upstream['lost']).not.toBe('0');
    expect(printed).toContain('PASSED');
  });

  it('sends to a real collector what its service makes', async () => {
    await using collector = await startCollector({ decode: 'ids' });
    const { code, printed } = await new DemoProcess('--seconds', '2', '--rate', '50', '--endpoint', collector.url).end();

    expect(code).toBe(0);
    const { made } = finalRow(printed, 'Spillway');
    expect(Number(made)).toBe(collector.counts().unique);
    expect(collector.counts().unique).toBeGreaterThan(0);
    expect(printed).not.toContain('OpenTelemetry');
  });

  it('fails when a collector refuses the spans, and says why', async () => {
    await using collector = await startCollector({ decode: 'ids' });
    collector.setFault({ kind: 'status', code: 400 });
    const { code, printed } = await new DemoProcess('--seconds', '2', '--rate', '50', '--endpoint', collector.url).end();

    expect(code).toBe(1);
    expect(printed).toMatch(/^FAILED: Spillway lost \d+ of \d+ spans \(rejected\)/m);
    expect(printed).not.toContain('PASSED');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with all its processes at %s', async (signal, expected) => {
    const demo = new DemoProcess('--seconds', '600');
    await demo.until('phase 1 of 5');
    demo.signal(signal);

    expect((await demo.end()).code).toBe(expected);
  });

  it('ends with all its processes when it is killed', async () => {
    const demo = new DemoProcess('--seconds', '600');
    await demo.until('phase 1 of 5');
    demo.signal('SIGKILL');

    await demo.end();
  });

  it('refuses a wrong option before it starts anything', async () => {
    const { code, printed, complaints } = await new DemoProcess('--second', '6').end();

    expect({ code, printed }).toEqual({ code: 2, printed: '' });
    expect(complaints).toMatch(/^Unknown option '--second'\n/);
  });
});
