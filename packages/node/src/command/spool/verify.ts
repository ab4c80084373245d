import type { SpooledProcess, VerifiedChain } from '@spillway/spool';
import { chainText, itemsAre, nothingText, processText, sum } from './described.ts';
import { unreadableLines } from './list.ts';

/**
 * Reads everything that is stored, and prints what is damaged. Changes nothing.
 * @returns the exit code: 1 if something is damaged
 */
export async function verify(directory: string, json: boolean, out: NodeJS.WritableStream): Promise<number> {
  const { verifySpool } = await import('@spillway/spool');
  const processes = await verifySpool(directory);
  // What a process writes at this moment looks cut off.
  const finished = processes.filter(({ owner }) => owner.state !== 'alive');
  const damaged = damageOf(finished);
  out.write(
    json
      ? `${JSON.stringify({ directory, ...damaged, processes }, undefined, 2)}\n`
      : textOf(directory, processes, damaged),
  );
  return damaged.damagedItems + damaged.unreadableFiles > 0 ? 1 : 0;
}

interface Damage {
  /** Of processes that are not running. They will be counted as `spool_corrupt`. */
  readonly damagedItems: number;
  readonly unreadableFiles: number;
}

function damageOf(processes: readonly SpooledProcess<VerifiedChain>[]): Damage {
  const chains = processes.flatMap((process) => process.chains);
  return {
    damagedItems: sum(chains.map((chain) => chain.damagedItems)),
    unreadableFiles: sum(chains.map((chain) => chain.unreadable.length)),
  };
}

function textOf(
  directory: string,
  processes: readonly SpooledProcess<VerifiedChain>[],
  { damagedItems, unreadableFiles }: Damage,
): string {
  if (processes.length === 0) return nothingText(directory);
  const isWhole = damagedItems + unreadableFiles === 0;
  const files = unreadableFiles === 0 ? '' : `, and ${unreadableFiles} files cannot be read`;
  return [
    ...processes.flatMap((process) => [
      processText(process),
      ...process.chains.map((chain) => `  ${chainText(chain)}: ${verdictOf(chain, process.owner.state === 'alive')}`),
      ...unreadableLines(process),
    ]),
    isWhole
      ? 'Everything is whole.'
      : `${itemsAre(damagedItems)} damaged${files}. The next process counts them as spool_corrupt and sends the others.`,
    '',
  ].join('\n');
}

function verdictOf({ damagedItems, wholeRecords }: VerifiedChain, isAlive: boolean): string {
  const records = wholeRecords === 1 ? '1 request' : `${wholeRecords} requests`;
  if (damagedItems === 0) return `${records}, all whole`;
  return `${records} are whole, ${itemsAre(damagedItems)} ${isAlive ? 'being written or damaged' : 'damaged'}`;
}
