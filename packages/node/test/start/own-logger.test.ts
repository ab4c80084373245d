import { describe, expect, it } from 'vitest';
import { useStartedPrograms } from './started-program.ts';

const programs = useStartedPrograms();

const LOGGER =
  "const say = (line) => console.log('own', line.split('\\n')[0]); const logger = { error: say, warn: say, info: say, debug: () => {}, verbose: () => {} };";
const START = "start({ application, exit: 'none', traces: { exporters: ['none'] }, logs: { exporters: ['none'] } });";

describe('a logger that the application sets for diag', () => {
  it('replaces the logger of the start silently, if it asks for no message', async () => {
    const { stdout, stderr } = await programs.run(
      `${LOGGER} ${START} diag.setLogger(logger, { suppressOverrideMessage: true }); diag.warn('hello');`,
    );
    expect(stdout).toBe('own hello\n');
    expect(stderr).toMatch(/^otel info: Spillway [^\n]*\n$/);
  });

  it('gets the message of the api that it replaces another logger, and stderr does not', async () => {
    const { stdout, stderr } = await programs.run(`${LOGGER} ${START} diag.setLogger(logger); diag.warn('hello');`);
    expect(stdout).toMatch(/^own Current logger will overwrite one already registered [^\n]*\nown hello\n$/);
    expect(stderr).toMatch(/^otel info: Spillway [^\n]*\n$/);
  });

  it('is kept if it was set before the start, and gets the line of the start', async () => {
    const { stdout, stderr } = await programs.run(`${LOGGER} diag.setLogger(logger); ${START}`);
    expect(stdout).toMatch(/^own Spillway [^\n]*\n$/);
    expect(stderr).toBe('');
  });
});

describe('the logger of the start', () => {
  it('accepts a warning that is not a text', async () => {
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

  it('limits the lines of other packages: no information, and a warning that comes with each request once', async () => {
    const { stderr } = await programs.run(`${START} ${OTHERS}`);
    expect(stderr.match(/^otel warn: no span for request 0/gm)).toHaveLength(1);
    expect(stderr.match(/^otel /gm)).toHaveLength(4);
    expect(stderr).not.toContain('detector');
    expect(stderr).toContain('otel warn: BackpressureSpanProcessor: lost 5 items: 5 evicted');
    expect(stderr).toContain('otel info: BackpressureSpanProcessor: exports succeed again after 2.5 s');
  });

  it('shows every line of a level that was set', async () => {
    const { stderr } = await programs.run(`${START} ${OTHERS}`, { OTEL_LOG_LEVEL: 'info' });
    expect(stderr.match(/^otel warn: no span for request/gm)).toHaveLength(50);
    expect(stderr).toContain('otel info: a detector found nothing');
  });
});
