import type { ValueType } from './value-type.ts';

const FORM = /^\+?(\d+(?:\.\d+)?)\s*([a-z]*)$/i;

// No bare `K`, `M`, `G`: half the tools that take them mean 1000, the other half 1024.
const BYTES_PER_UNIT: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
]);

/** A number of bytes, plain or with a unit: powers of 1000 (`MB`) or of 1024 (`MiB`), in upper or lower case. */
export const byteSize: ValueType<number> = byteSizeFrom(1, '1 byte');

/** @param leastText of `least`, for warnings */
/* @__NO_SIDE_EFFECTS__ */
export function byteSizeFrom(least: number, leastText: string): ValueType<number> {
  const problem = `expected a size of at least ${leastText}, such as 4194304, 64MiB, 64MB or 1.5GiB`;
  return {
    name: 'size (bytes)',
    parse(text) {
      const [, amount = '', unit = ''] = FORM.exec(text) ?? [];
      const bytesPerUnit = BYTES_PER_UNIT.get(unit.toLowerCase());
      if (amount === '' || bytesPerUnit === undefined) return { problem };
      const value = Math.floor(Number(amount) * bytesPerUnit);
      return value >= least && Number.isSafeInteger(value) ? { value } : { problem };
    },
  };
}
