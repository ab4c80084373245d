import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SpanIdLedger } from '../src/span-id-ledger.ts';

function hex(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

const half = fc.oneof(fc.nat(5), fc.nat(0xffff_ffff));

it('a ledger counts like a map', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(half, half), { maxLength: 300 }), (added) => {
      const ledger = new SpanIdLedger();
      const model = new Map<string, number>();
      for (const [high, low] of added) {
        ledger.add(high, low);
        model.set(hex(high, low), (model.get(hex(high, low)) ?? 0) + 1);
      }
      expect(new Map(ledger)).toEqual(model);
      expect([ledger.size, ledger.duplicates]).toEqual([model.size, added.length - model.size]);
    }),
  );
});

it.each([
  ['that count up', (index: number) => [0, index] as const],
  ['that differ in the high half only', (index: number) => [index, 0] as const],
  ['in steps of 65 536', (index: number) => [index % 7, index * 65_536] as const],
])('a ledger keeps 60 000 ids %s while it grows', (_which, idOf) => {
  const count = 60_000;
  const ledger = new SpanIdLedger();
  for (let index = 0; index < 100; index += 1) ledger.add(...idOf(index));
  for (let index = 0; index < count; index += 1) ledger.add(...idOf(index));

  expect([ledger.size, ledger.duplicates]).toEqual([count, 100]);
  for (let index = 0; index < count; index += 97) {
    const [high, low] = idOf(index);
    expect(ledger.get(hex(high, low))).toBe(index < 100 ? 2 : 1);
  }
});

it('a ledger knows the id of all zeros only after it was added', () => {
  const ledger = new SpanIdLedger();
  expect(ledger.has(hex(0, 0))).toBe(false);

  ledger.add(0, 0);

  expect(ledger.get(hex(0, 0))).toBe(1);
});

it('a ledger stops counting one id at 65 535, but goes on counting duplicates', () => {
  const ledger = new SpanIdLedger();
  for (let time = 0; time < 70_000; time += 1) ledger.add(1, 2);

  expect(ledger.get(hex(1, 2))).toBe(65_535);
  expect([ledger.size, ledger.duplicates]).toEqual([1, 69_999]);
});

it.each(['', 'xyz', '0000000000000000a', 'zzzzzzzzzzzzzzzz'])('a ledger knows no id %j', (id) => {
  const ledger = new SpanIdLedger();
  ledger.add(0, 0);
  expect(ledger.get(id)).toBeUndefined();
});
