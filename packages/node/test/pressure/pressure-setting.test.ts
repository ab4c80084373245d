import { describe, expect, it } from 'vitest';
import { type PressureSourceName, start } from '@spillway/node';
import { resolveSettings } from '../../src/sdk/resolve-settings.ts';

const own = { utilization: () => 0.5 };

function sourcesOf(pressure: readonly (PressureSourceName | typeof own)[] | false | undefined, variable?: string) {
  const warnings: string[] = [];
  const env = variable === undefined ? {} : { SPILLWAY_PRESSURE: variable };
  const { pressure: sources } = resolveSettings({ pressure }, (message) => warnings.push(message), env);
  return { sources, warnings };
}

describe('the pressure of both signals', () => {
  it('comes from the heap and the memory of the container by default', () => {
    const { sources, warnings } = sourcesOf(undefined);
    expect(warnings).toEqual([]);
    expect(sources).toHaveLength(2);
    expect(sources[0]).toMatchObject({ utilization: expect.any(Function), memory: { kind: 'heap' } });
    expect(sources[1]).toMatchObject({ utilization: expect.any(Function) });
  });

  it.each([
    ['none', 0],
    ['heap', 1],
    ['Event_Loop, heap', 2],
    ['heap,container_memory,event_loop,heap', 3],
  ])('follows the variable: %s', (variable, count) => {
    const { sources, warnings } = sourcesOf(undefined, variable);
    expect(sources).toHaveLength(count);
    expect(warnings).toEqual([]);
  });

  it('follows the option in code, whatever the variable', () => {
    expect(sourcesOf([own], 'heap,event_loop').sources).toEqual([own]);
    expect(sourcesOf(['event_loop', own], 'none').sources).toHaveLength(2);
    expect(sourcesOf(false, 'heap').sources).toEqual([]);
    expect(sourcesOf([], 'heap').sources).toEqual([]);
  });

  it('is the default, with a warning, if the variable is invalid', () => {
    const { sources, warnings } = sourcesOf(undefined, 'disk');
    expect(sources).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining('SPILLWAY_PRESSURE="disk"')]);
  });

  it.each([
    ['heap', /pressure must be a list, or false, got string/],
    [['disk'], /pressure must be one of heap, container_memory, event_loop, got "disk"/],
    [['none'], /got "none"/],
    [[{}], /pressure must contain names, or objects with utilization/],
    [[null], /pressure must contain names, or objects with utilization/],
  ])('is refused in code if it is %j', (pressure, message) => {
    expect(() => start({ pressure: pressure as never })).toThrow(message);
  });
});
