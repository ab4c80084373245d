import { createHash, randomBytes } from 'node:crypto';
import type { Signal } from '@spillway/config';

const LONGEST_NAME = 100;
const HASH_LENGTH = 8;
/** Where files go that cannot be read. */
export const SET_ASIDE = 'set-aside';

/**
 * The folder of a service: its name if that is safe, otherwise what is safe of it, and a hash. The name of such a folder is
 * itself safe, so that it can be given instead of the service, for example by who replays it.
 */
export function serviceFolderName(service: string): string {
  const safe = service.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\./, '_');
  if (safe === service && safe.length <= LONGEST_NAME) return safe;
  const hash = createHash('sha256').update(service).digest('hex').slice(0, HASH_LENGTH);
  return `${safe.slice(0, LONGEST_NAME - HASH_LENGTH - 1)}-${hash}`;
}

/**
 * The folder of a process. The last part is random, because process ids and start times repeat in containers, and a process
 * may have several spools.
 */
export function processFolderName(pid: number, startedAt: number, thread: number): string {
  const ofThread = thread === 0 ? '' : `-t${thread}`;
  return `${pid}-${Math.trunc(startedAt)}${ofThread}-${randomBytes(4).toString('hex')}`;
}

/**
 * Which pipeline of a process a chain belongs to. A second one of the same signal has a place of its own, because it may send
 * elsewhere.
 */
export function placeName(signal: Signal, ordinal: number): string {
  return ordinal === 1 ? signal : `${signal}-${ordinal}`;
}

/** The folder of a chain: the name of its place, and if another chain has that, more. */
export function chainName(place: string, distinction?: string | number): string {
  return distinction === undefined ? place : `${place}.${distinction}`;
}

const CHAIN = /^(traces|logs|metrics)(-\d+)?(\..+)?$/;

/** @returns `undefined` if a folder of this name is not a chain */
export function parseChainName(name: string): { readonly signal: Signal; readonly place: string } | undefined {
  const [, signal, ordinal = ''] = CHAIN.exec(name) ?? [];
  return signal === undefined ? undefined : { signal: signal as Signal, place: `${signal}${ordinal}` };
}
