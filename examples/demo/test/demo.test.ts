import { type OtlpLogRecord, type OtlpSpan, startCollector } from '@spillway/test/collector';
import { describe, expect, it } from 'vitest';
import { DemoProcess, finalRow } from './demo-process.ts';

const TIMEOUT_MILLIS = 60_000;

// Runs the built packages.
describe('the demo', { timeout: TIMEOUT_MILLIS, concurrent: false }, () => {
  it('goes through its phases and exits with 0, because Spillway lost no item of any signal', async () => {
    const { code, printed, complaints } = await new DemoProcess('--seconds', '6').end();

    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    for (const phase of ['normal', 'slow', 'out', 'recovered', 'shutdown'])
      expect(printed).toMatch(new RegExp(`^phase \\d of 5, ${phase}: `, 'm'));
    for (const items of ['spans', 'log records', 'measurements'] as const) {
      const spillway = finalRow(printed, 'Spillway', items);
      expect(spillway).toMatchObject({ made: expect.stringMatching(/^[1-9]/), lost: '0', delivered: spillway['made'] });
      expect(finalRow(printed, 'OpenTelemetry', items)['made']).toBe(spillway['made']);
      // The figures are shown during the run too, not only in the table.
      expect(printed).toMatch(new RegExp(`^.*  ${items} +[1-9].* normal$`, 'm'));
    }
    expect(finalRow(printed, 'OpenTelemetry')['requests']).toBe(finalRow(printed, 'Spillway')['requests']);
    expect(finalRow(printed, 'OpenTelemetry', 'spans')['lost']).not.toBe('0');
    const { made } = finalRow(printed, 'Spillway', 'log records');
    expect(printed).toMatch(
      new RegExp(`^Delivered log records whose span was delivered too\n.*\n  Spillway +${made} of ${made}$`, 'm'),
    );
    expect(printed).toContain('PASSED');
  });

  it('sends the items of its service to a real collector', async () => {
    await using collector = await startCollector({ decode: 'ids' });
    const { code, printed } = await new DemoProcess(
      '--seconds',
      '2',
      '--rate',
      '50',
      '--endpoint',
      collector.url,
    ).end();

    expect(code).toBe(0);
    for (const [signal, items] of [
      ['traces', 'spans'],
      ['logs', 'log records'],
    ] as const) {
      const { made } = finalRow(printed, 'Spillway', items);
      expect(Number(made)).toBe(collector.countsOf(signal).unique);
      expect(collector.countsOf(signal).unique).toBeGreaterThan(0);
    }
    const { made } = finalRow(printed, 'Spillway', 'measurements');
    expect(Number(made)).toBe(collector.totalOf('http.server.request.duration'));
    expect(Number(made)).toBeGreaterThan(0);
    expect(printed).not.toContain('OpenTelemetry');
  });

  it('gives each log record the trace and span id of a span that arrives', async () => {
    await using collector = await startCollector();
    const { code } = await new DemoProcess('--seconds', '2', '--rate', '50', '--endpoint', collector.url).end();

    expect(code).toBe(0);
    const spans = new Set(collector.spans().map(({ span }) => placeOf(span)));
    const logRecords = collector.logRecords().map(({ logRecord }) => logRecord);
    expect(new Set(logRecords.map(({ severityText }) => severityText))).toEqual(new Set(['INFO', 'WARN', 'ERROR']));
    expect(logRecords.filter((logRecord) => !spans.has(placeOf(logRecord)))).toEqual([]);
  });

  it('fails and says why if a collector refuses everything', async () => {
    await using collector = await startCollector({ decode: 'ids' });
    collector.setFault({ kind: 'status', code: 400 });
    const { code, printed } = await new DemoProcess(
      '--seconds',
      '2',
      '--rate',
      '50',
      '--endpoint',
      collector.url,
    ).end();

    expect(code).toBe(1);
    expect(printed).toMatch(/^FAILED: Spillway lost \d+ of \d+ spans \(rejected\)/m);
    expect(printed).toMatch(/^FAILED: Spillway lost \d+ of \d+ log records \(rejected\)/m);
    expect(printed).toMatch(/^FAILED: Spillway lost \d+ of \d+ measurements \(rejected\)/m);
    expect(printed).not.toContain('PASSED');
  });

  it('fails and says why if a collector refuses only the log records', async () => {
    await using collector = await startCollector({ decode: 'ids' });
    collector.setFault(({ path }) => (path === '/v1/logs' ? { kind: 'status', code: 400 } : undefined));
    const { code, printed } = await new DemoProcess(
      '--seconds',
      '2',
      '--rate',
      '50',
      '--endpoint',
      collector.url,
    ).end();

    expect(code).toBe(1);
    expect(printed.match(/^FAILED: .*/gm)).toEqual([
      expect.stringMatching(/Spillway lost \d+ of \d+ log records \(rejected\): no collector took one/),
    ]);
    expect(finalRow(printed, 'Spillway', 'spans')).toMatchObject({ lost: '0' });
    expect(printed).not.toContain('PASSED');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with all its processes at %s', async (signal, expected) => {
    const demo = new DemoProcess('--seconds', '600');
    await demo.until('phase 1 of 5');
    demo.signal(signal);

    // A process that ends because it cannot reach the demo any more would complain.
    expect(await demo.end()).toMatchObject({ code: expected, complaints: `\nended by ${signal}\n` });
  });

  it('ends with all its processes when it is killed', async () => {
    const demo = new DemoProcess('--seconds', '600');
    await demo.until('phase 1 of 5');
    demo.signal('SIGKILL');

    expect(await demo.end()).toMatchObject({ code: null, complaints: '' });
  });

  it('refuses a wrong option before it starts anything', async () => {
    const { code, printed, complaints } = await new DemoProcess('--second', '6').end();

    expect({ code, printed }).toEqual({ code: 2, printed: '' });
    expect(complaints).toMatch(/^Unknown option '--second'\n/);
  });
});

/** Trace and span id, in hex. */
function placeOf({ traceId, spanId }: OtlpSpan | OtlpLogRecord): string {
  return [traceId, spanId].map((id) => Buffer.from(id ?? []).toString('hex')).join(' ');
}
