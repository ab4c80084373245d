import type { LookupAddress } from 'node:dns';
import type { Resolver } from 'node:dns/promises';
import { now, startTimer } from '@spillway/backpressure';
import { nodeDns } from '../platform/node-modules.node.ts';
import { candidatesOf } from './name-files.node.ts';

export type NameFamily = 4 | 6;

/** How the name servers answered. */
export type NameServersAnswer =
  /** Promptly, whatever the answer is. */
  | { readonly kind: 'prompt' }
  /** Late, because one of them is silent: the answer of the others. Empty if there is no such name. */
  | { readonly kind: 'late'; readonly addresses: readonly LookupAddress[] }
  /** Not at all. */
  | { readonly kind: 'silent' };

export interface NameServersOptions {
  /** Used instead of this machine's name servers, such as `127.0.0.1:53`. */
  readonly servers?: readonly string[];
  /** How long one name server has for its first answer. The resolvers of C libraries give it 5 s. Default 1 000. */
  readonly tryMillis?: number;
}

const TRY_MILLIS = 1_000;
/** A datagram may be lost. */
const TRIES = 2;
/** An answer that takes longer than this share of a try came from a second try, or from a second server. */
const PROMPT_SHARE = 0.9;
/** The time limit, in tries: the second one takes twice as long as the first. */
const LIMIT_TRIES = 3;

/** The name servers said nothing in time, or the question was cancelled. */
const SILENCE: ReadonlySet<unknown> = new Set(['ETIMEOUT', 'ECANCELLED']);

/**
 * Asks the name servers of this machine the same questions as the platform's look-up, over sockets. Unlike
 * `dns.lookup`, it takes no thread of the pool that the application's look-ups need, it can be cancelled, and the
 * process can exit meanwhile. Never rejects.
 * @param signal cancels the question
 */
export async function askNameServers(
  hostname: string,
  families: readonly NameFamily[],
  signal: AbortSignal,
  { servers, tryMillis = TRY_MILLIS }: NameServersOptions = {},
): Promise<NameServersAnswer> {
  const promptUntil = now() + PROMPT_SHARE * tryMillis;
  const isLate = () => now() > promptUntil;
  let resolver: Resolver | undefined;
  const cancel = () => resolver?.cancel();
  const limit = startTimer(cancel, LIMIT_TRIES * tryMillis);
  signal.addEventListener('abort', cancel);
  try {
    // A new resolver each time reads the configuration again, and begins with the first server, like the platform.
    const asked = (resolver = new (nodeDns().promises.Resolver)({ timeout: tryMillis, tries: TRIES }));
    if (servers !== undefined) asked.setServers(servers);
    for (const candidate of candidatesOf(hostname)) {
      const answers = await Promise.all(families.map((family) => addressesOf(asked, candidate, family)));
      const addresses = answers.flatMap((answer) => answer ?? []);
      const isSilent = signal.aborted || answers.includes(undefined);
      if (addresses.length > 0 && (isSilent || isLate())) return { kind: 'late', addresses };
      if (addresses.length > 0) return { kind: 'prompt' };
      if (isSilent) return { kind: 'silent' };
    }
    return isLate() ? { kind: 'late', addresses: [] } : { kind: 'prompt' };
  } catch {
    // Runtimes other than Node may have no such resolver.
    return { kind: 'prompt' };
  } finally {
    limit.cancel();
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * @returns empty if the servers answered that there is no address, or that they do not know; `undefined` if they were
 *   silent
 */
async function addressesOf(
  resolver: Resolver,
  name: string,
  family: NameFamily,
): Promise<readonly LookupAddress[] | undefined> {
  try {
    const addresses = await (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name));
    return addresses.map((address) => ({ address, family }));
  } catch (error) {
    return SILENCE.has((error as NodeJS.ErrnoException).code) ? undefined : [];
  }
}
