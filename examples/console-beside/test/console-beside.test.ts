import { startCollector } from '@spillway/test/collector';
import { readLog, runProgram } from '@spillway/test/example';
import { describe, expect, it } from 'vitest';

const EXAMPLE = new URL('..', import.meta.url);
/** The port of a service that nobody runs any more. No test gets this port. */
const NOBODY = 'http://127.0.0.1:9';

const LINES = [
  'INFO  reading prices lines=4',
  'INFO  price read article="tea" price=4.2',
  'WARN  no price article="salt" line=2',
  'ERROR price not read article="pepper" line=3 exception.type="TypeError" exception.message="cheap is no number"',
  'INFO  price read article="coffee" price=9.8',
];

// Runs the built packages.
describe('the example of a console and a collector', () => {
  it('prints lines while the collector gets records', async () => {
    await using collector = await startCollector();
    const { code, stdout, stderr } = await runProgram(EXAMPLE, ['src/app.ts'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(withoutTimes(stdout)).toEqual(LINES);
    const logs = collector.logRecords().map(readLog);
    expect(logs).toHaveLength(LINES.length);
    expect(logs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          severity: '9 INFO',
          body: 'reading prices',
          attributes: { lines: 4 },
          service: 'price-list',
        }),
        expect.objectContaining({ severity: '13 WARN', body: 'no price', attributes: { article: 'salt', line: 2 } }),
        expect.objectContaining({
          severity: '17 ERROR',
          attributes: {
            article: 'pepper',
            line: 3,
            'exception.type': 'TypeError',
            'exception.message': 'cheap is no number',
            'exception.stacktrace': expect.stringContaining('app.ts'),
          },
        }),
      ]),
    );
  });

  it('prints the same, reports the loss, and ends soon if there is no collector', async () => {
    const { code, stdout, stderr } = await runProgram(EXAMPLE, ['src/app.ts'], { OTEL_EXPORTER_OTLP_ENDPOINT: NOBODY });

    // If it had used the whole default drain time, it would have been killed.
    expect(code).toBe(0);
    expect(withoutTimes(stdout)).toEqual(LINES);
    expect(stderr).toMatch(/^BackpressureLogRecordProcessor: .* 5 items undelivered.*\n$/);
  });
});

function withoutTimes(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d\d\d /, ''));
}
