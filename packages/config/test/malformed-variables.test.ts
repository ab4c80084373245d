import { describe, expect, it } from 'vitest';
import { effectiveSettings, type EnvironmentVariable, environmentVariables } from '@spillway/config';
import { malformedValues, oddValues } from './malformed-values.ts';

/** Reads one variable for each signal that has it. Warnings that are the same for several signals are listed once. */
function read({ name, option }: EnvironmentVariable, value: string) {
  const warnings: string[] = [];
  const settings = effectiveSettings({ [name]: value }, (message) => warnings.push(message));
  const own = settings.filter((setting) => setting.option === option);
  const others = settings.filter((setting) => setting.option !== option);
  return {
    warnings: [...new Set(warnings)],
    values: own.map((setting) => setting.value).filter((found) => found !== undefined),
    others,
  };
}

describe.each(environmentVariables().map((variable) => [variable.name, variable] as const))('%s', (name, variable) => {
  const { type } = variable;

  it.each(['', ' ', '\t\n'])('counts as unset, without a warning, if it is %j', (value) => {
    expect(read(variable, value)).toMatchObject({ values: [], warnings: [] });
  });

  it.each(Object.entries(malformedValues(type)))(
    'causes one warning that names it, and leaves the default in place, if its value is malformed: %s: %s',
    (_, value) => {
      const { values, warnings, others } = read(variable, value);
      expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${name}\\b`))]);
      // The specification's rule: a text that is not a boolean is false. False is also the default of every boolean.
      expect(new Set(values)).toEqual(type === 'boolean' ? new Set([false]) : new Set());
      expect(others.every((setting) => setting.value === undefined)).toBe(true);
    },
  );

  it.each(oddValues(type))('is understood if it is %s', (value) => {
    const { values, warnings } = read(variable, value);
    expect(warnings).toEqual([]);
    expect(values.length).toBeGreaterThan(0);
  });
});
