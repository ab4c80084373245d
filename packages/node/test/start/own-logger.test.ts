import { describe, expect, it } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

const LOGGER = "const say = (line) => console.log('own', line.split('\\n')[0]); const logger = { error: say, warn: say, info: say, debug: () => {}, verbose: () => {} };";
const START = "start({ application, exit: 'none', traces: { exporters: ['none'] }, logs: { exporters: ['none'] } });";

describe('a logger of the application for diag', () => {
  it('takes the place of that of the start without a word, where it asks for none', async () => {
    const { stdout, stderr } = await programs.run(`${LOGGER} ${START} diag.setLogger(logger, { suppressOverrideMessage: true }); diag.warn('hello');`);
    expect(stdout).toBe('own hello\n');
    expect(stderr).toMatch(/^otel info: Spillway [^\n]*\n$/);
  });

  it('is told by the api alone that it takes the place of another, and stderr is not', async () => {
    const { stdout, stderr } = await programs.run(`${LOGGER} ${START} diag.setLogger(logger); diag.warn('hello');`);
    expect(stdout).toMatch(/^own Current logger will overwrite one already registered [^\n]*\nown hello\n$/);
    expect(stderr).toMatch(/^otel info: Spillway [^\n]*\n$/);
  });

  it('stays where it was set before the start, and hears of that', async () => {
    const { stdout, stderr } = await programs.run(`${LOGGER} diag.setLogger(logger); ${START}`);
    expect(stdout).toMatch(/^own Spillway [^\n]*\n$/);
    expect(stderr).toBe('');
  });
});

describe('the logger of the start', () => {
  it('takes a warning that is no text as it is', async () => {
    const { code, stdout, stderr } = await programs.run(`${START} diag.warn(new Error('no disk')); console.log('on');`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'on\n' });
    expect(stderr).toContain('otel warn: Error: no disk');
  });

  const OTHERS = `
    for (let request = 0; request < 50; request += 1) diag.warn('no span for request ' + request, new Error('with a stack'));
    diag.info('a detector found nothing');
    diag.warn('BackpressureSpanProcessor: lost 5 items: 5 evicted');
    diag.info('BackpressureSpanProcessor: exports succeed again after 2.5 s');
  `;

  it('keeps what other packages log in bounds: no information, and a warning of each request once', async () => {
    const { stderr } = await programs.run(`${START} ${OTHERS}`);
    expect(stderr.match(/^otel warn: no span for request 0/gm)).toHaveLength(1);
    expect(stderr.match(/^otel /gm)).toHaveLength(4);
    expect(stderr).not.toContain('detector');
    expect(stderr).toContain('otel warn: BackpressureSpanProcessor: lost 5 items: 5 evicted');
    expect(stderr).toContain('otel info: BackpressureSpanProcessor: exports succeed again after 2.5 s');
  });

  it('shows every line of a level that was asked for', async () => {
    const { stderr } = await programs.run(`${START} ${OTHERS}`, { OTEL_LOG_LEVEL: 'info' });
    expect(stderr.match(/^otel warn: no span for request/gm)).toHaveLength(50);
    expect(stderr).toContain('otel info: a detector found nothing');
  });
});
