import { type ReceivedLogRecord, startCollector } from '@spillway/test/collector';
import { readLog, runProgram } from '@spillway/test/example';
import { describe, expect, it } from 'vitest';

const EXAMPLE = new URL('..', import.meta.url);

interface PinoLine {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
}

// Runs the built packages.
describe('the example of pino', () => {
  it('ships each line that the application writes once, and does not change its output', async () => {
    await using collector = await startCollector();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const { code, stdout, stderr } = await runProgram(EXAMPLE, ['--import', './src/telemetry.ts', 'src/app.ts'], env);
    const plain = await runProgram(EXAMPLE, ['src/app.ts'], {});

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(messagesOf(stdout)).toEqual(messagesOf(plain.stdout));
    const logs = collector.logRecords().map(readLog);
    // All lines were shipped, and none that the shipping itself causes.
    const received = collector.logRecords().map((log) => `${millisOf(log)} ${String(readLog(log).body)}`);
    expect(received.toSorted()).toEqual(
      linesOf(stdout)
        .map(({ time, msg }) => `${time} ${msg}`)
        .toSorted(),
    );
    expect(new Set(logs.map(({ scope, service }) => `${String(service)}: ${scope}`))).toEqual(
      new Set(['shipping: @opentelemetry/instrumentation-pino']),
    );
    expect(logs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ severity: '5 debug', body: 'weighing 1250 g', attributes: { parcel: 101 } }),
        expect.objectContaining({
          severity: '9 info',
          body: 'shipped',
          attributes: { parcel: 101, grams: 1_250, receiver: { city: 'Porto', email: '[Redacted]' } },
        }),
        expect.objectContaining({
          severity: '17 error',
          body: 'not shipped',
          attributes: {
            parcel: 102,
            'exception.type': 'RangeError',
            'exception.message': '31000 g is too heavy',
            'exception.stacktrace': expect.stringContaining('app.ts'),
          },
        }),
        expect.objectContaining({ severity: '9 info', body: 'done', attributes: {} }),
      ]),
    );
  });
});

/** Divides as a BigInt, because a number cannot hold nanoseconds exactly. */
function millisOf({ logRecord }: ReceivedLogRecord): number {
  return Number(BigInt(String(logRecord.timeUnixNano)) / 1_000_000n);
}

function linesOf(stdout: string): PinoLine[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): PinoLine => JSON.parse(line));
}

function messagesOf(stdout: string): string[] {
  return linesOf(stdout).map(({ msg }) => msg);
}
