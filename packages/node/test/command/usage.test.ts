import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

describe('the command line', () => {
  it.each([
    [[], 'A command is missing'],
    [['confgi'], 'no command "confgi"'],
    [['config', 'now'], '"now" is one argument too many'],
    [['doctor', '--loud'], "'--loud'"],
    [['doctor', '--timeout', '0'], '--timeout must be a whole number from 1 to 60000, got "0"'],
    [['doctor', '--timeout', '60001'], 'got "60001"'],
    [['doctor', '--timeout', '1e3'], 'got "1e3"'],
    [['config', '--timeout', '10'], 'takes no --timeout'],
  ])('%j is wrong usage, with exit code 2', async (args, problem) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(problem);
    expect(err).toContain('Usage: npx @spillway/node <command>');
  });

  it.each([['--help'], ['-h'], ['doctor', '--help']])('%s prints the commands', async (...args) => {
    const { code, out } = await run(args);
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: [^]* config [^]* doctor /);
  });

  it('prints the version of its package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});
