import type { BackpressureState, DropReason } from '@spillway/backpressure';

/** A space that breaks no line. */
const SPACE = '\u00a0';

/** A count, in groups of three digits. */
export function countText(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, SPACE);
}

/** Items per second. */
export function rateText(value: number | null): string {
  if (value === null) return '–';
  return value > 0 && value < 10 ? String(Math.max(Math.round(value * 10) / 10, 0.1)) : countText(value);
}

export function percentText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return `<${SPACE}1${SPACE}%`;
  return `${Math.round(percent)}${SPACE}%`;
}

/** Of a duration or an age, with one unit and about two digits. */
export function durationText(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10}${SPACE}ms`;
  if (ms < 1_000) return `${Math.round(ms)}${SPACE}ms`;
  const seconds = ms / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}${SPACE}s`;
  if (seconds < 120) return `${Math.round(seconds)}${SPACE}s`;
  const minutes = seconds / 60;
  if (minutes < 120) return `${Math.round(minutes)}${SPACE}min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.round(hours)}${SPACE}h` : `${Math.round(hours / 24)}${SPACE}d`;
}

/** How long something that is counted down still takes. Fractions of a second could not be read anyway. */
export function untilText(ms: number): string {
  return ms < 1_000 ? `less than 1${SPACE}s` : durationText(ms);
}

export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${Math.round(bytes)}${SPACE}B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = bytes / 1_024;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${SPACE}${units[unit]}`;
}

const ITEMS: Readonly<Record<string, readonly [string, string]>> = {
  traces: ['span', 'spans'],
  logs: ['log record', 'log records'],
  metrics: ['data point', 'data points'],
};

/** `1 span`, `12 spans`. */
export function itemsText(signal: string, count: number): string {
  const [one, several] = ITEMS[signal] ?? ['item', 'items'];
  return `${countText(count)}${SPACE}${count === 1 ? one : several}`;
}

/** `0 of 1 request`, `3 of 32 requests`. */
export function requestsText(count: number, limit: number): string {
  return `${countText(count)} of ${countText(limit)}${SPACE}${limit === 1 ? 'request' : 'requests'}`;
}

/** What each state means to an operator. */
export const STATE_MEANINGS: Readonly<Record<BackpressureState, string>> = {
  normal: 'much room',
  elevated: 'above the low watermark',
  critical: 'above the high watermark',
  blocked: 'full',
  draining: 'sending what is left',
};

/** What happened to items with each reason. */
export const REASON_MEANINGS: Readonly<Record<DropReason, string>> = {
  queue_full: 'found the queue full',
  evicted: 'made room for newer ones',
  sampled_out: 'sampled out under load; the kept ones count for them',
  block_timeout: 'waited for room in vain',
  too_large: 'larger than a request may be',
  rejected: 'the collector refused them for good',
  undeliverable: 'failed alone, while others were delivered',
  unencodable: 'could not be encoded',
  already_shutdown: 'came after the end',
  drain_timeout: 'left over when the time to end had passed',
  expired: 'were too old',
  feedback: 'made by the export itself',
  deduplicated: 'repeated an earlier one',
  superseded: 'replaced by newer values',
  spool_full: 'stored, and given up because the storage was full',
  spool_corrupt: 'stored, and could not be read again',
};

/** What happened to items that were not even built. */
export function notBuiltMeaning(signal: string): string {
  return signal === 'traces'
    ? 'traces that were sampled out under load before they began; the kept ones count for them'
    : 'would have found no room';
}

/** The bounds, as an operator knows them. */
export const BOUND_NAMES = {
  items: 'items',
  bytes: 'memory',
  budget: 'shared memory',
  pressure: 'pressure on the process',
} as const;

export type Bound = keyof typeof BOUND_NAMES;
