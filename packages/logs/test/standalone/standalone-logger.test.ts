import { diag } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StandaloneLogger } from '../../src/standalone/index.ts';

afterEach(() => {
  diag.disable();
  vi.unstubAllEnvs();
});

function newLogger(): { readonly lines: string[]; readonly logger: StandaloneLogger } {
  const lines: string[] = [];
  const logger = new StandaloneLogger(
    {},
    { scope: { name: 'test' }, detected: { 'service.name': 'shop' }, writeLine: (line) => void lines.push(line) },
  );
  return { lines, logger };
}

describe('what Spillway logs in a process without another part of OpenTelemetry', () => {
  it('is written as lines', async () => {
    const { lines, logger } = newLogger();
    diag.error('Spillway: lost', new Error('no disk'));
    diag.info('Spillway: started');
    expect(lines[0]).toMatch(/^otel error: Spillway: lost Error: no disk\n {4}at /);
    expect(lines.slice(1)).toEqual(['otel info: Spillway: started']);
    await logger.shutdown();
  });

  it('includes a variable with a wrong value', async () => {
    vi.stubEnv('OTEL_BLRP_MAX_QUEUE_SIZE', 'many');
    const { lines, logger } = newLogger();
    expect(lines.join('\n')).toContain('OTEL_BLRP_MAX_QUEUE_SIZE');
    await logger.shutdown();
  });

  it.each([
    ['none', []],
    ['error', ['otel error: broken']],
    ['WARN', ['otel error: broken', 'otel warn: odd']],
    ['debug', ['otel error: broken', 'otel warn: odd', 'otel info: fine', 'otel debug: details']],
  ])('is limited by OTEL_LOG_LEVEL: %s', async (level, expected) => {
    vi.stubEnv('OTEL_LOG_LEVEL', level);
    const { lines, logger } = newLogger();
    // The api tells each new logger of level debug that it is there.
    lines.length = 0;
    diag.error('broken');
    diag.warn('odd');
    diag.info('fine');
    diag.debug('details');
    expect(lines).toEqual(expected);
    await logger.shutdown();
  });

  it('goes to the logger that the application has given to diag', async () => {
    const ofApplication = { error: vi.fn<() => void>(), warn() {}, info() {}, debug() {}, verbose() {} };
    diag.setLogger(ofApplication);
    const { lines, logger } = newLogger();
    diag.error('broken');
    expect(lines).toEqual([]);
    expect(ofApplication.error).toHaveBeenCalledOnce();
    await logger.shutdown();
  });
});
