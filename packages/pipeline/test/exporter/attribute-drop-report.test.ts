import { diag } from '@opentelemetry/api';
import { expect, it, onTestFinished, vi } from 'vitest';
import { attributeDropReport } from '../../src/exporter/attribute-drop-report.ts';

function reported() {
  const warn = vi.spyOn(diag, 'warn').mockReturnValue();
  onTestFinished(() => warn.mockRestore());
  return { report: attributeDropReport('Exporter'), lines: () => warn.mock.calls.map(([line]) => line) };
}

it('an attribute that is left out is logged once for each name, with the reason', () => {
  const { report, lines } = reported();
  for (const key of ['cyclic', 'cyclic', 'deep']) report(key, new Error(`${key} value`));
  expect(lines()).toEqual([
    'Exporter: the attribute "cyclic" cannot be encoded and is left out: cyclic value',
    'Exporter: the attribute "deep" cannot be encoded and is left out: deep value',
  ]);
});

it('names of attributes that come from outside cause neither many lines nor long ones', () => {
  const { report, lines } = reported();
  for (let index = 0; index < 1_000; index += 1) report(`${index}${'x'.repeat(10_000)}`, new Error('cyclic'));
  expect(lines()).toHaveLength(20);
  expect(Math.max(...lines().map((line) => line.length))).toBeLessThan(250);
});
