import * as api from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { useHeldStderr } from '../../../logs/test/standalone/held-stderr.ts';
import { speakOnStderr } from '../../src/environment/stderr-logger.ts';

const OF_NO_USE = 'dropping invalid resource attribute value';

const { lines } = useHeldStderr();
afterEach(() => api.diag.disable());

describe('diag on standard error', () => {
  it('leaves out a warning that is of no use, but not one that only mentions it, and no other level', () => {
    speakOnStderr(api, 'info');
    api.diag.warn(`${OF_NO_USE}: undefined`);
    api.diag.warn(`the SDK says: ${OF_NO_USE}`);
    api.diag.error(OF_NO_USE);
    expect(lines).toEqual([`otel warn: the SDK says: ${OF_NO_USE}\n`, `otel error: ${OF_NO_USE}\n`]);
  });

  it('leaves nothing out while debugging', () => {
    speakOnStderr(api, 'debug');
    api.diag.warn(OF_NO_USE, { name: 'host' });
    api.diag.debug('details');
    // The api has logged that it has a logger.
    expect(lines.slice(1)).toEqual([`otel warn: ${OF_NO_USE} { name: 'host' }\n`, 'otel debug: details\n']);
  });

  it('has information only from Spillway itself, unless a level is set', () => {
    speakOnStderr(api);
    api.diag.info('registered an instrumentation');
    api.diag.info('Spillway: started');
    expect(lines).toEqual(['otel info: Spillway: started\n']);
    api.diag.disable();
    speakOnStderr(api, 'info');
    api.diag.info('registered an instrumentation');
    expect(lines).toHaveLength(2);
  });

  it.each([
    'Spillway: started',
    'BackpressureSpanProcessor: no collector yet',
    'BackpressureMetricReader: no collector yet',
    'OtlpSpanExporter: an attribute',
    'OTLP transport: a proxy',
    'spool /var/spool/otel/shop: cannot write',
    String.raw`spool C:\spool\shop: cannot write`,
  ])('has every line of Spillway, however often it is repeated: %s', (line) => {
    speakOnStderr(api);
    api.diag.info(line);
    api.diag.warn(line);
    api.diag.warn(line);
    expect(lines).toEqual([`otel info: ${line}\n`, `otel warn: ${line}\n`, `otel warn: ${line}\n`]);
    api.diag.info('spool of another package');
    api.diag.info(`says: ${line}`);
    expect(lines).toHaveLength(3);
  });

  it('has warnings and errors of other packages once, however often they are repeated, unless a level is set', () => {
    speakOnStderr(api);
    for (let request = 0; request < 3; request += 1) {
      api.diag.warn(`no span for request ${request}`);
      api.diag.error('cannot patch http');
    }
    expect(lines).toEqual(['otel warn: no span for request 0\n', 'otel error: cannot patch http\n']);
    api.diag.disable();
    speakOnStderr(api, 'warn');
    for (let request = 0; request < 3; request += 1) api.diag.warn(`no span for request ${request}`);
    expect(lines).toHaveLength(5);
  });

  it('shows what is logged instead of a text, and what is inside it', () => {
    speakOnStderr(api, 'verbose');
    lines.length = 0;
    const loose = api.diag as { warn(message: unknown): void; verbose(message: unknown, ...args: unknown[]): void };
    loose.warn(new Error('no disk'));
    loose.verbose('options', { one: { two: { three: { four: 4 } } } });
    expect(lines[0]).toMatch(/^otel warn: Error: no disk\n {4}at /);
    expect(lines[1]).toContain('three: { four: 4 }');
    api.diag.disable();
    speakOnStderr(api, 'info');
    loose.warn(new Error('no disk'));
    expect(lines.at(-1)).toMatch(/^otel warn: Error: no disk/);
  });

  it('leaves a logger of the application in place, and has no lines for the level none', () => {
    speakOnStderr(api, 'none');
    api.diag.error('lost');
    const logger = { error: vi.fn<() => void>(), warn() {}, info() {}, debug() {}, verbose() {} };
    api.diag.setLogger(logger);
    speakOnStderr(api);
    api.diag.error('lost again');
    expect(lines).toEqual([]);
    expect(logger.error).toHaveBeenCalledOnce();
  });
});
