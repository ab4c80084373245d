import { existsSync } from 'node:fs';
import { itemsText } from '@spillway/pipeline';
import type { OwnerState, SpooledChain, SpooledProcess } from '@spillway/spool';
import { byteText } from '../byte-text.ts';

const STATES: Readonly<Record<OwnerState, string>> = {
  alive: 'is running',
  ended: 'has ended',
  released: 'has ended',
  unknown: 'runs or ran on another system or in another container',
};

/** `shop, process 4711 on host-a, has ended` */
export function processText({ service, owner: { state, pid, host } }: SpooledProcess): string {
  const where = host === undefined ? '' : ` on ${host}`;
  return `${service}, ${pid === undefined ? 'a process that is not known' : `process ${pid}${where}`}, ${STATES[state]}`;
}

/** `traces: 1200 items, 1.2 MiB, since 2026-12-01T03:12:00.000Z` */
export function chainText({ signal, items, bytes, oldestStoredAt }: SpooledChain): string {
  const since = oldestStoredAt === undefined ? '' : `, since ${dateText(oldestStoredAt)}`;
  return `${signal}: ${itemsText(items)}, ${byteText(bytes)}${since}`;
}

/** `1500 items, 1.5 MiB` */
export function sumText(processes: readonly SpooledProcess[]): string {
  const chains = processes.flatMap((process) => process.chains);
  return `${itemsText(sum(chains.map(({ items }) => items)))}, ${byteText(sum(chains.map(({ bytes }) => bytes)))}`;
}

export function nothingText(directory: string): string {
  return `Nothing is stored in ${directory}${existsSync(directory) ? '' : ', which does not exist'}.\n`;
}

/** The number of items and its verb. */
export function itemsAre(items: number): string {
  return `${itemsText(items)} ${items === 1 ? 'is' : 'are'}`;
}

export function processesText(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A clock that was set wrong may have given a time that no date can have. */
function dateText(millis: number): string {
  const date = new Date(millis);
  return Number.isNaN(date.getTime()) ? String(millis) : date.toISOString();
}
