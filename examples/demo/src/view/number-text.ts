const BYTES_PER_KILOBYTE = 1e3;
const BYTES_PER_MEGABYTE = 1e6;

/** 12 345 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
}

/** 12 % */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** 1.2 ms */
export function millis(value: number): string {
  return `${value.toFixed(1)} ms`;
}

/** 1.2 MB, or 1.2 kB */
export function size(bytes: number): string {
  return bytes < BYTES_PER_MEGABYTE / 10
    ? `${(bytes / BYTES_PER_KILOBYTE).toFixed(1)} kB`
    : `${(bytes / BYTES_PER_MEGABYTE).toFixed(1)} MB`;
}

/** 12 s */
export function wholeSeconds(value: number): string {
  return `${Math.floor(value / 1_000)} s`;
}

/** queue_full 12 345, Error 512 */
export function reasons(byReason: Readonly<Record<string, number>>): string {
  const given = Object.entries(byReason).toSorted(([, one], [, other]) => other - one);
  return given.map(([reason, lost]) => `${reason} ${count(lost)}`).join(', ') || '-';
}
