import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveSettings, environmentVariables, warnOfVariablesWithoutEffect } from '@spillway/config';

/**
 * About the longest text that Linux passes to a process in one variable. Parsing it at quadratic cost takes ten
 * seconds.
 */
const LONG = 100_000;

/** The longest warning, because people read warnings. */
const LONGEST_WARNING = 1_000;

/** The time allowed on a busy machine. Parsing at linear cost takes a hundredth of it. */
const A_MOMENT_MILLIS = 2_000;

const names = environmentVariables().map(({ name }) => name);

/** Reads everything with these variables. */
function read(env: Readonly<Record<string, string>>): string[] {
  const warnings: string[] = [];
  effectiveSettings(env, (message) => warnings.push(message));
  warnOfVariablesWithoutEffect(env, (message) => warnings.push(message));
  return warnings;
}

function expectReadable(warnings: readonly string[]): void {
  for (const warning of warnings) {
    expect(warning.length).toBeLessThanOrEqual(LONGEST_WARNING);
    // oxlint-disable-next-line no-control-regex -- a terminal would obey these characters
    expect(warning).not.toMatch(/[\u0000-\u001f]/);
  }
}

/** Values that are nearly right, and arbitrary ones. */
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789.+-eExX kMiGBb')) }),
  fc.string({ unit: fc.constantFrom(...Array.from('ab=,;% %2C%zz"\t\n')) }),
  fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https', 'ftp', 'file'] }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '__proto__=1',
    'true',
    'TRUE',
    '-0',
    'Infinity',
    'NaN',
    '0x10',
    'http://',
    'http://[::',
    'http://%00/',
  ),
);

describe('a variable with any text', () => {
  it('is read without throwing, and causes only warnings that a person can read', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, text) => {
        const warnings = read({ [name]: text });
        // One warning for each signal that reads it.
        expect(warnings.length).toBeLessThanOrEqual(3);
        expectReadable(warnings);
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  it('is read without throwing together with any other variables', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.oneof(
            fc.constantFrom(...names),
            fc.string().map((name) => `SPILLWAY_${name}`),
          ),
          value,
          { maxKeys: 90 },
        ),
        (env) => {
          expectReadable(read(env));
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  it.each([
    ['digits', '1'.repeat(LONG)],
    ['digits and a letter', `${'1'.repeat(LONG)}x`],
    ['digits after a point, and a letter', `1.${'1'.repeat(LONG)}x`],
    ['white space within', `1${' '.repeat(LONG)}!`],
    ['malformed entries', 'a,'.repeat(LONG / 2)],
    ['empty entries', '=,'.repeat(LONG / 2)],
    ['percent signs', '%'.repeat(LONG)],
    ['a host', `http://${'a.'.repeat(LONG / 2)}/`],
    ['a path', `http://host/${'../'.repeat(LONG / 3)}`],
  ])('is read in a moment and causes short warnings if its text is very long: %s', (_, text) => {
    for (const name of names) {
      const startedAt = performance.now();
      expectReadable(read({ [name]: text }));
      expect(performance.now() - startedAt, name).toBeLessThan(A_MOMENT_MILLIS);
    }
  });
});

describe('the name of a variable that is not known', () => {
  it('causes one short warning, however long it is', () => {
    const startedAt = performance.now();
    expectReadable(
      read(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`SPILLWAY_${'A'.repeat(LONG)}${index}`, '1']))),
    );
    expect((performance.now() - startedAt) / 20).toBeLessThan(A_MOMENT_MILLIS / 10);
  });

  it('is quoted in the warning, whatever characters it contains', () => {
    expect(read({ 'SPILLWAY_\n\u001b[2J': '1' })).toEqual([
      expect.stringContaining(String.raw`"SPILLWAY_\n\u001b[2J"`),
    ]);
  });
});
