import { describe, expect, it } from 'vitest';
import { markdownTables } from '../src/report/markdown-tables.ts';
import type { RowRecord } from '../src/report/results-file.ts';
import { ALL_ROWS } from '../src/rows/all-rows.ts';
import type { Signal } from '../src/signal.ts';

function record(name: string, signal?: Signal): RowRecord {
  return {
    name,
    ...(signal !== undefined && { signal }),
    title: 'a situation',
    measuredAt: '2026-01-01T00:00:00.000Z',
    busyShare: 0.5,
    wallSeconds: 1,
    lines: [{ figure: 'lost', unit: 'percent', upstream: 50, spillway: 0 }],
    problems: [],
    runs: [],
  };
}

describe('the rows', () => {
  it('have unique names with the prefix of their signal', () => {
    const names = ALL_ROWS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, signal } of ALL_ROWS) expect(name.startsWith('logs-')).toBe(signal === 'logs');
  });
});

describe('the results in Markdown', () => {
  it('have one table each for spans, log records and shared parts, whatever the order of measurement', () => {
    const rows = [
      record('controller'),
      record('logs-burst', 'logs'),
      record('burst', 'traces'),
      record('cpu', 'traces'),
    ];
    const told = markdownTables(rows).match(/^\*\*.*\*\*$|`[\w-]+`/gm);
    expect(told).toEqual([
      ...['**Spans**', '`burst`', '`cpu`'],
      ...['**Log records**', '`logs-burst`'],
      ...['**What the signals share**', '`controller`'],
    ]);
  });

  it('have no heading if there is only one table', () => {
    expect(markdownTables([record('burst', 'traces')]).split('\n')).toEqual([
      '| situation | figure | no-op | OpenTelemetry | Spillway | ratio |',
      '| --- | --- | --: | --: | --: | --: |',
      '| `burst`: a situation | lost | - | 50.0 % | 0 % | - |',
    ]);
  });

  it('have a column for what else a figure stands beside, if there is such a figure', () => {
    const line = {
      figure: 'CPU of an item, beside a queue',
      unit: 'micros',
      other: 4,
      spillway: 1,
      ratio: 0.25,
    } as const;
    expect(markdownTables([{ ...record('libraries'), lines: [line] }]).split('\n')).toEqual([
      '| situation | figure | no-op | OpenTelemetry | other | Spillway | ratio |',
      '| --- | --- | --: | --: | --: | --: | --: |',
      '| `libraries`: a situation | CPU of an item, beside a queue | - | - | 4.00 us | 1.00 us | 0.25 |',
    ]);
  });

  it('say why a row was skipped', () => {
    const skipped = { ...record('go'), lines: [], note: 'skipped: there is no `go` here' };
    expect(markdownTables([skipped]).split('\n')[2]).toBe(
      '| `go`: a situation | skipped: there is no `go` here | - | - | - | - |',
    );
  });
});
