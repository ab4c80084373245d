import type { Unit } from '../rows/row.ts';

const TEXT_OF: Record<Unit, (value: number) => string> = {
  percent: percentText,
  micros: (value) => `${value.toFixed(2)} us`,
  millis: (value) => `${value.toFixed(2)} ms`,
  bytes: (value) => `${value.toFixed(Math.abs(value) < 10 ? 2 : 0)} B`,
  kilobytes: (value) => `${value.toFixed(1)} kB`,
  megabytes: (value) => `${value.toFixed(1)} MB`,
  factor: (value) => `${value.toFixed(2)} x`,
  operations: (value) => `${(value / 1e6).toFixed(1)} M/s`,
  'per second': (value) => `${grouped(value)}/s`,
  requests: grouped,
  spans: grouped,
};

/** A figure with its unit, as the table shows it; a dash if there is none. */
export function figureText(value: number | undefined, unit: Unit): string {
  return value === undefined || Number.isNaN(value) ? '-' : TEXT_OF[unit](value);
}

/** A single lost item must not be rounded away. */
function percentText(value: number): string {
  if (value === 0) return '0 %';
  return value < 0.1 ? `${value.toPrecision(1)} %` : `${value.toFixed(1)} %`;
}

/** A whole number with its digits in groups of three. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}
