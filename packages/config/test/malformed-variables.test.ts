import { describe, expect, it } from 'vitest';
import { effectiveSettings, type EnvironmentVariable, environmentVariables } from '@spillway/config';
import { malformedValues, oddValues } from './malformed-values.ts';

/** What the readers make of one variable, for each signal that has it, and what they say, which is the same of both signals. */
function read({ name, option }: EnvironmentVariable, value: string) {
  const warnings: string[] = [];
  const settings = effectiveSettings({ [name]: value }, (message) => warnings.push(message));
  const own = settings.filter((setting) => setting.option === option);
  const others = settings.filter((setting) => setting.option !== option);
  return { warnings: [...new Set(warnings)], values: own.map((setting) => setting.value).filter((found) => found !== undefined), others };
}

describe.each(environmentVariables().map((variable) => [variable.name, variable] as const))('%s', (name, variable) => {
  const { type } = variable;

  it.each(['', ' ', '\t\n'])('is unset where it is %j, without a word', (value) => {
    expect(read(variable, value)).toMatchObject({ values: [], warnings: [] });
  });

  it.each(Object.entries(malformedValues(type)))('costs one warning that names it, and the default holds, where it is %s: %s', (_, value) => {
    const { values, warnings, others } = read(variable, value);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${name}\\b`))]);
    // The specification's rule: what is no boolean is false, which is also the default of each.
    expect(new Set(values)).toEqual(type === 'boolean' ? new Set([false]) : new Set());
    expect(others.every((setting) => setting.value === undefined)).toBe(true);
  });

  it.each(oddValues(type))('is understood where it is %s', (value) => {
    const { values, warnings } = read(variable, value);
    expect(warnings).toEqual([]);
    expect(values.length).toBeGreaterThan(0);
  });
});
