import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { now, startTimer } from '@spillway/backpressure';
import { candidatesOf } from './name-files.node.ts';

export type NameFamily = 4 | 6;

/** How the name servers take a question. */
export type NameServersAnswer =
  /** At once, whatever they say. */
  | { readonly kind: 'prompt' }
  /** After a while, because one of them says nothing: what the others say. Empty if there is no such name. */
  | { readonly kind: 'late'; readonly addresses: readonly LookupAddress[] }
  /** Not at all. */
  | { readonly kind: 'silent' };

export interface NameServersOptions {
  /** In place of those of this machine, such as `127.0.0.1:53`. */
  readonly servers?: readonly string[];
  /** How long one name server has for its first answer. The resolvers of C libraries give it 5 s. Default 1 000. */
  readonly tryMillis?: number;
}

const TRY_MILLIS = 1_000;
/** A datagram may be lost. */
const TRIES = 2;
/** An answer that takes longer than this share of a try is one of a second try, or of a second server. */
const PROMPT_SHARE = 0.9;
/** Tries that there is time for in all: the second one takes twice as long. */
const LIMIT_TRIES = 3;

/** The name servers have said nothing in their time, or the question was withdrawn. */
const SILENCE: ReadonlySet<unknown> = new Set(['ETIMEOUT', 'ECANCELLED']);

/**
 * Asks the name servers of this machine what the platform's look-up would ask them, over sockets. Unlike `dns.lookup` it
 * takes no thread of the pool that the application's look-ups need, it can be withdrawn, and a process can end meanwhile.
 * Never rejects.
 * @param signal withdraws the question
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
    // A new one each time reads the configuration anew, and begins with the first server, as the platform does.
    const asked = (resolver = new Resolver({ timeout: tryMillis, tries: TRIES }));
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
    // Runtimes beside Node may have no such resolver.
    return { kind: 'prompt' };
  } finally {
    limit.cancel();
    signal.removeEventListener('abort', cancel);
  }
}

/** @returns none if the servers answered that there are none, or that they do not know; `undefined` if they said nothing */
async function addressesOf(resolver: Resolver, name: string, family: NameFamily): Promise<readonly LookupAddress[] | undefined> {
  try {
    const addresses = await (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name));
    return addresses.map((address) => ({ address, family }));
  } catch (error) {
    return SILENCE.has((error as NodeJS.ErrnoException).code) ? undefined : [];
  }
}
