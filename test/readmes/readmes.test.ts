import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXPECTATIONS, type Expectation } from './expectations.ts';
import { emptyScratch, Program, PROGRAM_MILLIS, type SdkLine, SCRATCH } from './program.ts';
import { allSnippets, root, type Snippet } from './snippets.ts';

const snippets = allSnippets();
const cases = snippets.flatMap((snippet) =>
  (EXPECTATIONS[snippet.name] ?? []).map((expectation) => ({ snippet, expectation })),
);

/** All cases of one kind of expectation. */
function casesOf<Kind extends Expectation['kind']>(kind: Kind) {
  type Case = { readonly snippet: Snippet; readonly expectation: Extract<Expectation, { readonly kind: Kind }> };
  return cases
    .filter((one): one is Case => one.expectation.kind === kind)
    .map((one, index) => ({ ...one, name: one.snippet.name, index }));
}

const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the snippets of the READMEs and docs', () => {
  it('are exactly those that the table of expectations lists', () => {
    expect(snippets.map(({ name }) => name).toSorted()).toEqual(Object.keys(EXPECTATIONS).toSorted());
  });

  describe('that are programs', () => {
    const programs = casesOf('runs');
    const made: Program[] = [];

    beforeAll(() => {
      expect(existsSync(join(root, 'packages/node/dist')), 'run `npm run build` first').toBe(true);
      emptyScratch();
      for (const { snippet, expectation } of programs) made.push(new Program(snippet, expectation.frame));
    });

    it.concurrent(
      'type-check against the built packages',
      async () => {
        const config = {
          extends: join(root, 'tsconfig.base.json'),
          compilerOptions: { noEmit: true },
          files: made.flatMap(({ files }) => files),
        };
        writeFileSync(join(SCRATCH.otel3, 'tsconfig.json'), JSON.stringify(config));
        const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
        const check = promisify(execFile)(process.execPath, [
          compiler,
          '--project',
          SCRATCH.otel3,
          '--pretty',
          'false',
        ]);
        expect(
          await check.then(
            () => '',
            (failure: { readonly stdout: string }) => failure.stdout,
          ),
        ).toBe('');
      },
      PROGRAM_MILLIS,
    );

    it.concurrent.each(programs)(
      'do what the document says: $name',
      async ({ expectation: { effect }, index }) => {
        const { output, ...done } = await made[index]!.run();
        expect(done, output).toEqual({
          end: effect.end ?? 0,
          spans: effect.spans ?? [],
          logs: effect.logs ?? [],
          dataPoints: effect.dataPoints ?? done.dataPoints,
        });
        for (const part of effect.prints ?? [])
          expect(typeof part === 'string' ? output.replaceAll(/\s+/g, ' ') : output).toMatch(part);
      },
      PROGRAM_MILLIS + 5_000,
    );
  });

  describe('that install packages', () => {
    const installs = casesOf('installs');

    it.each(installs)(
      'name packages that exist, in versions of the same line of OpenTelemetry: $name',
      ({ snippet, expectation: { line } }) => {
        const versions = versionsOf(line);
        for (const { name, range } of packagesIn(snippet.code)) {
          expect(versions, name).toHaveProperty([name]);
          // Without a range, npm installs the newest version, which is 3.x.
          const fits =
            range === ''
              ? line === 'otel3' || name.startsWith('@spillway/')
              : `${versions[name]}.`.startsWith(`${range}.`);
          expect(fits, `${name}@${range} for ${versions[name]}`).toBe(true);
        }
      },
    );

    it('name all packages that the programs of the same document import', () => {
      for (const document of new Set(installs.map(({ snippet }) => snippet.document))) {
        const named = installs
          .filter(({ snippet }) => snippet.document === document)
          .map(({ snippet }) => packagesIn(snippet.code).map(({ name }) => name));
        const code = snippets.filter((snippet) => snippet.document === document && snippet.language === 'ts');
        for (const { name, code: text } of code) {
          const needed = importsIn(text);
          const isInstalled = named.some((names) => needed.every((one) => names.includes(one)));
          expect(isInstalled, `no line of ${document} installs all of ${needed.join(', ')} for ${name}`).toBe(true);
        }
      }
    });
  });

  it.each(casesOf('commands'))(
    'that are only commands name commands and options that exist: $name',
    ({ snippet, expectation: { optionsIn } }) => {
      const { scripts } = JSON.parse(textOf('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
      for (const [, script = ''] of snippet.code.matchAll(/^npm (?:run )?([\w:-]+)/gm))
        expect(scripts).toHaveProperty([script]);
      for (const [, path = ''] of snippet.code.matchAll(/^npx vitest run (\S+)/gm))
        expect(existsSync(join(root, path)), path).toBe(true);
      for (const [, option = ''] of snippet.code.matchAll(/ --([a-z-]+)/g))
        expect(textOf(optionsIn ?? 'package.json')).toMatch(new RegExp(`\\b${option}'?: \\{ type:`));
    },
  );

  it.each(casesOf('tested'))(
    'that another test runs agree with that test: $name',
    ({ snippet, expectation: { by, words } }) => {
      for (const word of words) {
        expect(snippet.code).toContain(word);
        expect(textOf(by)).toContain(word);
      }
    },
  );
});

/**
 * The packages in a line of `npm install`, each with its range: `~1.9.0` becomes `1.9`; no range is an empty string.
 */
function packagesIn(code: string) {
  const [, line = ''] = /^npm install (.*)$/m.exec(code) ?? [];
  return line.split(' ').map((word) => {
    const [, name = '', range = ''] = /^(@?[^@]+)(?:@~?(\d+(?:\.\d+)?)(?:\.0)?)?$/.exec(word) ?? [];
    return { name, range };
  });
}

function importsIn(code: string): readonly string[] {
  const found = [...code.matchAll(/ from '([^']+)'/g)].map(([, from = '']) =>
    from
      .split('/')
      .slice(0, from.startsWith('@') ? 2 : 1)
      .join('/'),
  );
  return [...new Set(found)].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
}

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** The packages that npm installs on a line of OpenTelemetry, and Spillway's own packages. */
function versionsOf(line: SdkLine): Readonly<Record<string, string>> {
  const lock = JSON.parse(textOf(`test/compat/${line.replace('otel', 'auto')}/package-lock.json`)) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>;
  };
  const theirs = Object.entries(lock.packages).map(([path, { version }]) => [
    path.replace('node_modules/', ''),
    version,
  ]);
  // Only this one is no part of the applications in test/compat.
  const winston = JSON.parse(textOf('node_modules/winston/package.json')) as Manifest;
  const ours = readdirSync(join(root, 'packages')).map(
    (name) => JSON.parse(textOf(`packages/${name}/package.json`)) as Manifest,
  );
  return Object.fromEntries([...theirs, ...[...ours, winston].map(({ name, version }) => [name, version])]);
}
