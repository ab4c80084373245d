import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { applicationAt, findApplication } from '../../src/sdk/application.ts';
import { useTemporaryFolder } from '../temporary-folder.ts';

const folder = useTemporaryFolder();

function write(path: string, content: string): void {
  mkdirSync(dirname(folder.path(path)), { recursive: true });
  folder.file(path, content);
}

function install(at: string, name: string): void {
  write(join(at, 'node_modules', name, 'package.json'), JSON.stringify({ name, version: '1.2.3' }));
  write(join(at, 'node_modules', name, 'index.js'), '');
}

beforeAll(() => {
  install('app', 'sdk-of-app');
  install('tool', 'sdk-of-tool');
  write('app/src/main.js', '');
  write('tool/bin/tool.js', '');
  mkdirSync(folder.path('app/node_modules/.bin'), { recursive: true });
  symlinkSync(folder.path('tool/bin/tool.js'), folder.path('app/node_modules/.bin/tool'));
  mkdirSync(folder.path('elsewhere'));
});

describe('the application', () => {
  const found = (names: readonly string[], mainFile: string | undefined, workingFolder = 'elsewhere'): string =>
    findApplication(names, {
      mainFile: mainFile === undefined ? undefined : folder.path(mainFile),
      workingFolder: folder.path(workingFolder),
    }).path;

  it('is that of the main file, if one of the packages is installed there', () => {
    expect(found(['sdk-of-tool', 'sdk-of-app'], 'app/src/main.js', 'tool')).toBe(folder.path('app/src/main.js'));
  });

  it('is that of the file that the main file links to, if only that one has such a package', () => {
    expect(found(['sdk-of-tool'], 'app/node_modules/.bin/tool')).toBe(folder.path('tool/bin/tool.js'));
  });

  it('is that of the working folder if the main file has no such package, or there is none', () => {
    expect(found(['sdk-of-app'], 'tool/bin/tool.js', 'app')).toBe(folder.path('app') + sep);
    expect(found(['sdk-of-app'], undefined, 'app')).toBe(folder.path('app') + sep);
  });

  it('is that of the main file if nobody has such a package, also if the name of that file is incomplete', () => {
    expect(found(['sdk-of-nobody'], 'app/src/main.js')).toBe(folder.path('app/src/main.js'));
    expect(found(['sdk-of-nobody'], 'app/src/missing')).toBe(folder.path('app/src/missing'));
  });

  it('of this process has its packages', () => {
    expect(findApplication(['vitest']).find('vitest')).toMatchObject({ name: 'vitest' });
  });
});

describe('the packages that an application lists', () => {
  const lists = (path: string, name: string): boolean => applicationAt(folder.path(path)).lists(name);

  it('are those of the nearest package.json, of every kind', () => {
    write(
      'listing/package.json',
      JSON.stringify({
        dependencies: { one: '*' },
        devDependencies: { two: '*' },
        optionalDependencies: { three: '*' },
        peerDependencies: { four: '*' },
      }),
    );
    write('listing/src/deep/main.js', '');
    expect(['one', 'two', 'three', 'four'].map((name) => lists('listing/src/deep/main.js', name))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(lists(`listing${sep}`, 'one')).toBe(true);
  });

  it.each(['null', '"text"', '{', ''])('are none if package.json is %s, and the next one above counts', (content) => {
    write('above/package.json', JSON.stringify({ dependencies: { one: '*' } }));
    write('above/broken/package.json', content);
    expect(lists(join('above', 'broken', 'main.js'), 'one')).toBe(true);
    expect(lists(join('above', 'broken', 'main.js'), 'two')).toBe(false);
  });

  it('are none without a package.json', () => {
    expect(applicationAt(sep + join('no', 'such', 'folder', 'main.js')).lists('one')).toBe(false);
  });
});
