import { resolve } from 'node:path';
import * as spoolModule from '@spillway/spool';
import { describe, expect, it } from 'vitest';
import type { Application } from '../../src/sdk/application.ts';
import type { InstalledModule } from '../../src/sdk/installed-module.ts';
import { spoolOf } from '../../src/spool/spool-of-start.ts';

type Installed = Readonly<Record<string, () => unknown>>;

const moduleOf = (installed: Installed, name: string): InstalledModule | undefined => {
  const load = installed[name];
  return load && { name, version: '0.1.0', file: '', load, sibling: (other) => moduleOf(installed, other) };
};

/** Looks for the spool that a variable asks for. */
function look(installed: Installed, directory = 'spool') {
  const warnings: string[] = [];
  const application: Application = {
    path: '/app/main.js',
    find: (name) => (name === '@spillway/spool' ? undefined : moduleOf(installed, name)),
    lists: () => false,
  };
  const settings = {
    spool: { directory, maxBytes: undefined, sync: undefined, maxAgeMillis: undefined },
    serviceName: 'shop',
    resourceAttributes: {},
  };
  const found = spoolOf(undefined, settings, application, (warning) => warnings.push(warning));
  return { found, warnings };
}

const NODE = { '@spillway/node': () => ({}) };

describe('the spool of a start', () => {
  it('comes from the package that this one depends on, also if the application cannot see it', () => {
    const { found, warnings } = look({ ...NODE, '@spillway/spool': () => spoolModule });
    expect(found?.spool).toBeInstanceOf(spoolModule.Spool);
    expect(found?.directory).toBe(resolve('spool'));
    expect(warnings).toEqual([]);
  });

  it('is none if the package is missing, and one line names the command that installs it', () => {
    const { found, warnings } = look(NODE);
    expect(found).toBeUndefined();
    expect(warnings).toEqual([
      'there is no spool in spool, and items are kept in memory only: @spillway/spool cannot be found from /app/main.js. To install it: npm install @spillway/spool. In a bundle, pass it to start({ spool })',
    ]);
  });

  it('is none if the package cannot be loaded, and one line says why', () => {
    const broken = () => {
      throw new SyntaxError('Unexpected end of input');
    };
    const { found, warnings } = look({ ...NODE, '@spillway/spool': broken });
    expect(found).toBeUndefined();
    expect(warnings).toEqual([
      'there is no spool in spool, and items are kept in memory only: Unexpected end of input',
    ]);
  });

  it('is none if the package refuses a setting, and one line says why', () => {
    const { found, warnings } = look({ ...NODE, '@spillway/spool': () => spoolModule }, 'a\0b');
    expect(found).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('directory must be a name of at least one character')]);
  });
});
