import { startCollector } from '@spillway/test/collector';
import { readLog, runProgram } from '@spillway/test/example';
import { describe, expect, it } from 'vitest';

const EXAMPLE = new URL('..', import.meta.url);

// Runs the built packages.
describe('the example of winston', () => {
  it('ships each line that the application writes once, and does not change its output', async () => {
    await using collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const { code, stdout, stderr } = await runProgram(EXAMPLE, ['--import', './src/telemetry.ts', 'src/app.ts'], env);
    const plain = await runProgram(EXAMPLE, ['src/app.ts'], {});

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(linesOf(stdout).map(withoutTime)).toEqual(linesOf(plain.stdout).map(withoutTime));
    const logs = collector.logRecords().map(readLog);
    const timestamp = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(logs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          severity: '6 verbose',
          body: 'opening 6000 x 4000',
          attributes: { picture: 'harbour.raw', timestamp },
        }),
        expect.objectContaining({
          severity: '9 info',
          body: 'rendered',
          attributes: {
            picture: 'harbour.raw',
            size: { width: 6_000, height: 4_000 },
            layers: ['sky', 'ground'],
            timestamp,
          },
        }),
        expect.objectContaining({
          severity: '17 error',
          body: 'not rendered',
          attributes: {
            picture: 'empty.raw',
            'exception.type': 'RangeError',
            'exception.message': 'there is nothing to see',
            'exception.stacktrace': expect.stringContaining('app.ts'),
            timestamp,
          },
        }),
        expect.objectContaining({
          severity: '13 warn',
          body: 'some pictures were left out',
          attributes: { timestamp },
        }),
      ]),
    );
    // All lines were shipped, and none that the shipping itself causes.
    expect(logs).toHaveLength(linesOf(stdout).length);
    expect(new Set(logs.map(({ scope, service }) => `${String(service)}: ${scope}`))).toEqual(
      new Set(['darkroom: @opentelemetry/winston-transport']),
    );
  });
});

function linesOf(stdout: string): string[] {
  return stdout.trimEnd().split('\n');
}

function withoutTime(line: string): string {
  return line.slice(line.indexOf(' ') + 1);
}
