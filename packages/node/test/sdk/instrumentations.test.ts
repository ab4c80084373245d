import { mkdirSync } from 'node:fs';
import nodeModule, { createRequire, syncBuiltinESMExports } from 'node:module';
import { join, sep } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Application } from '../../src/sdk/application.ts';
import type { InstalledModule } from '../../src/sdk/installed-module.ts';
import { instrument } from '../../src/sdk/instrumentations.ts';
import type { ProviderLike } from '../../src/sdk/sdk-module-types.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';

const AUTO = '@opentelemetry/auto-instrumentations-node';
const BASE = '@opentelemetry/instrumentation';
const HOOK = 'import-in-the-middle/register-hooks.mjs';

const folder = useTemporaryFolder();
const providers = { tracerProvider: {} as ProviderLike };

interface Hook {
  readonly load: (url: string, context: object, nextLoad: () => object) => object | Promise<object>;
}

let inThread: Hook[] = [];
let inOtherThread: unknown[][] = [];

beforeEach(() => {
  inThread = [];
  inOtherThread = [];
  vi.spyOn(nodeModule, 'registerHooks').mockImplementation(((hook: Hook) => {
    inThread.push(hook);
  }) as never);
  vi.spyOn(nodeModule, 'register').mockImplementation((...args: unknown[]) => {
    inOtherThread.push(args);
  });
  syncBuiltinESMExports();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  syncBuiltinESMExports();
});

const patching = (...names: unknown[]) => ({ getModuleDefinitions: () => names.map((name) => ({ name })) });

/** An application with these packages. */
function applicationWith(packages: Readonly<Record<string, object>>): Application {
  const find = (name: string): InstalledModule | undefined => {
    const module = packages[name];
    return module && { name, version: '1.0.0', file: folder.path('main.js'), load: () => module, sibling: find };
  };
  return { path: '', find: (name) => (name === HOOK ? undefined : find(name)), lists: () => false };
}

function run(given: readonly unknown[] | undefined, packages: Readonly<Record<string, object>> = {}) {
  const warnings: string[] = [];
  const registered: unknown[] = [];
  const base = { registerInstrumentations: (options: unknown) => registered.push(options) };
  const application = applicationWith({ [BASE]: base, ...packages });
  return { count: instrument(application, providers, given, (text) => warnings.push(text)), warnings, registered };
}

describe('the instrumentations', () => {
  it('are those that are given, and they get the providers', () => {
    const given = [patching('one'), {}];
    const auto = { getNodeAutoInstrumentations: () => [patching('two'), {}, {}] };
    expect(run(given, { [AUTO]: auto })).toEqual({
      count: 2,
      warnings: [],
      registered: [{ instrumentations: given, ...providers }],
    });
  });

  it('are those of the installed package, if none are given', () => {
    const found = [patching('two'), {}, {}];
    const { count, registered } = run(undefined, { [AUTO]: { getNodeAutoInstrumentations: () => found } });
    expect(count).toBe(3);
    expect(registered).toEqual([{ instrumentations: found, ...providers }]);
  });

  it.each([[undefined], [[]]])('are none if nothing is installed, or the list is empty: %j', (given) => {
    expect(run(given)).toEqual({ count: 0, warnings: [], registered: [] });
  });

  it('come with their base package, which the error names if it is missing', () => {
    const application = applicationWith({ [AUTO]: { getNodeAutoInstrumentations: () => [{}] } });
    expect(() => instrument(application, providers, undefined, () => {})).toThrow(
      `${BASE} is not installed. To install it: npm install ${BASE}`,
    );
  });

  it('may have their base package beside them only', () => {
    const registerInstrumentations = vi.fn<() => void>();
    const auto: InstalledModule = {
      name: AUTO,
      version: '1.0.0',
      file: '',
      load: () => ({ getNodeAutoInstrumentations: () => [{}] }),
      sibling: (name) => applicationWith({ [BASE]: { registerInstrumentations } }).find(name),
    };
    const application = { path: '', find: (name: string) => (name === AUTO ? auto : undefined), lists: () => false };
    expect(instrument(application, providers, undefined, () => {})).toBe(1);
    expect(registerInstrumentations).toHaveBeenCalledOnce();
  });
});

describe('a package that was loaded before the start', () => {
  const { cache } = createRequire(import.meta.url);
  const early = [
    join(sep, 'app', 'node_modules', 'early', 'index.js'),
    join(sep, 'app', 'node_modules', '@scope', 'early', 'lib', 'index.js'),
    join(sep, 'app', 'node_modules', 'fs', 'index.js'),
  ];
  beforeEach(() => {
    for (const file of early) cache[file] = {} as NodeJS.Module;
  });
  afterEach(() => {
    for (const file of early) delete cache[file];
  });

  it('is named in a warning, once, if it should have been patched', () => {
    const given = [patching('early', 'late', '@scope/early', 'fs'), patching('early', 'earl', undefined)];
    expect(run(given).warnings).toEqual([
      'Spillway was started after these packages were loaded, so some of their telemetry may be missing: early, @scope/early. Start it first, with --import or --require',
    ]);
  });
});

describe('the hook for imported modules', () => {
  const register = vi.fn<(options: object) => void>();
  const current = { supportsSyncHooks: (): boolean => true, register };
  const loading = (format: string) => () => ({ format, source: 'text' });
  beforeEach(() => register.mockClear());

  it('gets the names of the modules that are patched, each once', () => {
    run([patching('one', 'http'), patching('one', 2)], { [HOOK]: current });
    expect(register.mock.calls).toEqual([[{ include: ['one', 'http'] }]]);
    expect(inOtherThread).toEqual([]);
  });

  it('is left out if nothing is patched', () => {
    run([{}], { [HOOK]: current });
    expect(register).not.toHaveBeenCalled();
    expect(inThread).toEqual([]);
  });

  it('lets built-in modules that are patched be the same for `import` and for `require`', () => {
    run([patching('http', 'one')], { [HOOK]: current });
    const sync = vi.spyOn(nodeModule, 'syncBuiltinESMExports').mockImplementation(() => {});
    syncBuiltinESMExports();
    // The replaced function is what the hook calls from here on.
    const { load } = inThread[0]!;
    const counted = (url: string): number => {
      sync.mockClear();
      expect(load(url, { conditions: [] }, loading('builtin'))).toEqual({ format: 'builtin', source: 'text' });
      return sync.mock.calls.length;
    };
    expect([counted('node:http'), counted('node:http?query'), counted('node:fs'), counted('file:///one')]).toEqual([
      1, 1, 0, 0,
    ]);
  });

  it.each([
    ['22.23.0', 1],
    ['24.12.0', 0],
  ])('lets Node load imported TypeScript as required one before Node 24: %s', (version, count) => {
    vi.stubGlobal('process', Object.create(process, { versions: { value: { ...process.versions, node: version } } }));
    run([patching('one')], { [HOOK]: current });
    const hooks = inThread.slice(1);
    expect(hooks).toHaveLength(count);
    for (const { load } of hooks) {
      const imported = { conditions: ['import'] };
      expect(load('', imported, loading('commonjs-typescript'))).toEqual({ format: 'commonjs' });
      expect(load('', imported, loading('module'))).toEqual({ format: 'module', source: 'text' });
      const required = { conditions: ['require'] };
      expect(load('', required, loading('commonjs-typescript'))).toMatchObject({ source: 'text' });
    }
  });

  it.each([
    ['is too old', {}],
    ['finds no hooks in this Node', { ...current, supportsSyncHooks: (): boolean => false }],
    ['cannot register any', { supportsSyncHooks: (): boolean => true }],
  ])('is in a thread of its own if import-in-the-middle %s', async (_, hook) => {
    mkdirSync(folder.path(`node_modules/${BASE}`), { recursive: true });
    const file = folder.file(`node_modules/${BASE}/hook.mjs`, '');
    run([patching('one')], { [HOOK]: hook });
    expect(inThread).toEqual([]);
    expect(inOtherThread).toEqual([
      [expect.objectContaining({ pathname: file }), { data: { include: ['one'] } }],
      [expect.stringMatching(/^data:text\/javascript,.*commonjs-typescript/)],
    ]);
    const { load } = (await import(/* @vite-ignore */ inOtherThread[1]![0] as string)) as Hook;
    expect(await load('', {}, loading('commonjs-typescript'))).toEqual({ format: 'commonjs', source: null });
    expect(await load('', {}, loading('module'))).toEqual({ format: 'module', source: 'text' });
  });

  it.each(['-e', '-pe', '--eval', '--print'])('is in a thread of its own under node %s', (flag) => {
    vi.stubGlobal('process', Object.create(process, { execArgv: { value: ['--no-warnings', flag] } }));
    run([patching('one')], { [HOOK]: current });
    expect(register).not.toHaveBeenCalled();
  });
});
