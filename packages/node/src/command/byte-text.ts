const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 MiB`, as the variables take sizes. */
export function byteText(bytes: number): string {
  let value = bytes;
  let name = 'bytes';
  for (const unit of UNITS) {
    if (value < 1_024) break;
    value /= 1_024;
    name = unit;
  }
  return `${name === 'bytes' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${name}`;
}
