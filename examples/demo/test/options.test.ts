import { describe, expect, it } from 'vitest';
import { parseCommandLine, UsageError } from '../src/options.ts';

describe('the command line', () => {
  it('has a default for every option', () => {
    expect(parseCommandLine([])).toEqual({
      kind: 'run',
      options: { endpoint: undefined, seconds: 25, rate: 400, page: false },
    });
  });

  it('takes --page', () => {
    expect(parseCommandLine(['--page'])).toMatchObject({ options: { page: true } });
  });

  it('takes seconds and rate', () => {
    expect(parseCommandLine(['--seconds', '6', '--rate=100'])).toMatchObject({ options: { seconds: 6, rate: 100 } });
  });

  it.each([
    ['http://localhost:4318', 'http://localhost:4318/v1/traces', 'http://localhost:4318/v1/logs'],
    ['http://localhost:4318/', 'http://localhost:4318/v1/traces', 'http://localhost:4318/v1/logs'],
    ['https://host/otlp?key=1', 'https://host/otlp/v1/traces?key=1', 'https://host/otlp/v1/logs?key=1'],
    ['http://host:4318/v1/traces', 'http://host:4318/v1/traces', 'http://host:4318/v1/logs'],
    ['http://host:4318/v1/logs', 'http://host:4318/v1/traces', 'http://host:4318/v1/logs'],
  ])('sends to the URLs of both signals at %s', (endpoint, traces, logs) => {
    expect(parseCommandLine(['--endpoint', endpoint])).toMatchObject({ options: { endpoint: { traces, logs } } });
  });

  it.each([
    [
      ['--endpoint', 'localhost:4318'],
      '--endpoint: expected a URL such as http://localhost:4318, got "localhost:4318"',
    ],
    [['--endpoint', 'nonsense'], '--endpoint: expected a URL such as http://localhost:4318, got "nonsense"'],
    [['--seconds', '1'], '--seconds: expected a number from 2 to 600, got "1"'],
    [['--seconds', ''], '--seconds: expected a number from 2 to 600, got ""'],
    [['--seconds', 'NaN'], '--seconds: expected a number from 2 to 600, got "NaN"'],
    [['--rate', '2001'], '--rate: expected a number from 1 to 2000, got "2001"'],
    [['--rate'], "Option '--rate <value>' argument missing"],
    [['--unknown'], "Unknown option '--unknown'"],
    [['6'], "Unexpected argument '6'"],
  ])('refuses %j with a message that names the option', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(new UsageError(message));
  });
});
