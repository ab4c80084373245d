import { basename, dirname } from 'node:path';
import type { DropReason } from '@spillway/backpressure';
import { now, startTimer } from '@spillway/backpressure';
import { itemsText } from '@spillway/pipeline';
import type { OwnerState, SpooledChain, SpooledProcess, SpoolOptions } from '@spillway/spool';
import { type ProcessSettings, valueOf, type Warnings } from '../process-settings.ts';
import { itemsAre, nothingText, processesText, sum, sumText } from './described.ts';
import { ReplayingPipelines, settingsOfChain } from './replaying-pipelines.ts';

/** A collector that takes nothing for this long is not waited for any longer. */
const DEFAULT_PATIENCE_MILLIS = 30_000;
/** A process of another system counts as ended when it has shown no sign of life for a minute, at looks 30 s apart. */
const WATCHED_MILLIS = 100_000;
const LOOK_MILLIS = 250;

export interface ReplayCommand {
  readonly json: boolean;
  /** How long the collector may take nothing. `undefined` for the default. */
  readonly timeoutMillis: number | undefined;
  /** Of the exporters to send with. */
  readonly settings: ProcessSettings;
  readonly warnings: Warnings;
}

interface Replayed {
  readonly found: number;
  readonly delivered: number;
  /** By reason: what the collector has refused, what is damaged or too old. */
  readonly lost: Readonly<Partial<Record<DropReason, number>>>;
  /** Items that are still stored, without those of processes that are running. */
  readonly left: number;
  readonly millis: number;
}

/**
 * Sends what processes have left that have ended, with the exporters that the configuration file or the variables
 * describe. Processes that are running keep what they have.
 * @returns the exit code: 0 if everything was delivered
 */
export async function replay(
  directory: string,
  { json, timeoutMillis = DEFAULT_PATIENCE_MILLIS, settings, warnings }: ReplayCommand,
  out: NodeJS.WritableStream,
  err: NodeJS.WritableStream,
): Promise<number> {
  const { listSpool, Spool } = await import('@spillway/spool');
  const startedAt = now();
  const listed = await listSpool(directory);
  const found = listed.filter(isLeft);
  const ofServices = Map.groupBy(found, ({ service }) => service);
  const spoolOptions = { directory, ...boundsOf(settings) };
  const pipelines = [...ofServices].map(
    ([service, stored]) => new ReplayingPipelines(new Spool({ ...spoolOptions, service }), stored, settings),
  );
  const unknown = found.filter(({ owner }) => owner.state === 'unknown');
  if (unknown.length > 0)
    err.write(
      `${processesText(unknown.length)} may be running on another system: waiting until no sign of life was seen for a minute\n`,
    );
  const wanted = wantedOf(found, settings, warnings);
  await settled(async () => listSpool(directory), wanted, pipelines, timeoutMillis);
  await Promise.all(pipelines.map(async (each) => each.shutdown()));
  const left = (await listSpool(directory)).filter(isLeft);
  const result: Replayed = {
    found: itemsOf(found),
    delivered: sum(pipelines.map(({ delivered }) => delivered)),
    lost: lostOf(pipelines),
    left: itemsOf(left),
    millis: Math.round(now() - startedAt),
  };
  const running = listed.filter((process) => !isLeft(process));
  out.write(
    json
      ? `${JSON.stringify({ directory, ...result, warnings: warnings.all }, undefined, 2)}\n`
      : textOf(directory, result, running, warnings.all),
  );
  return result.left === 0 && Object.keys(result.lost).length === 0 ? 0 : 1;
}

/** What a spool would give up beyond these must not depend on who sends it. */
function boundsOf({ registration }: ProcessSettings): Pick<SpoolOptions, 'maxBytes' | 'maxAgeMillis'> {
  return {
    maxBytes: valueOf(registration, 'spoolMaxBytes') as number | undefined,
    maxAgeMillis: valueOf(registration, 'spoolMaxAgeMillis') as number | undefined,
  };
}

/** What belongs to no process that is running here. The one that replays is running, too. */
function isLeft({ owner: { state }, chains }: SpooledProcess): boolean {
  const others: readonly OwnerState[] = ['ended', 'released', 'unknown'];
  return others.includes(state) && chains.length > 0;
}

/** The origins of all chains for which there is a pipeline. The others get a warning. */
function wantedOf(
  found: readonly SpooledProcess[],
  settings: ProcessSettings,
  warnings: Warnings,
): ReadonlySet<string> {
  const chains = found.flatMap((process) => process.chains);
  const isWanted = (chain: SpooledChain): boolean => settingsOfChain(chain, settings) !== undefined;
  for (const { path } of chains.filter((chain) => !isWanted(chain)))
    warnings.add(`${path} is not sent: the configuration file describes no OTLP exporter for it`);
  return new Set(chains.filter(isWanted).map(({ path }) => originOf(path)));
}

/** Resolves when nothing of what is wanted is left to send, or nothing is sent any more. */
async function settled(
  look: () => Promise<readonly SpooledProcess[]>,
  wanted: ReadonlySet<string>,
  pipelines: readonly ReplayingPipelines[],
  patienceMillis: number,
): Promise<void> {
  const startedAt = now();
  let progress = -1;
  let progressAt = startedAt;
  const isToSend = ({ owner, chains }: SpooledProcess): boolean =>
    chains.some(({ path }) => wanted.has(originOf(path))) &&
    (owner.state !== 'unknown' || now() - startedAt < WATCHED_MILLIS);
  const lookForWanted = async (): Promise<readonly SpooledProcess[]> => (await look()).filter(isToSend);
  for (;;) {
    let toSend = await lookForWanted();
    // A look that has read the new folder before files are moved there, and the old one afterwards, does not see them.
    if (toSend.length === 0) toSend = await lookForWanted();
    if (toSend.length === 0) return;
    const time = now();
    const done = sum(pipelines.map(({ delivered, lost, waiting }) => delivered + waiting + sum([...lost.values()])));
    if (done !== progress) {
      progress = done;
      progressAt = time;
    }
    const mayOnlyWait = toSend.every(({ owner }) => owner.state === 'unknown');
    if (!mayOnlyWait && time - progressAt > patienceMillis) return;
    await new Promise<void>((resolve) => void startTimer(resolve, LOOK_MILLIS, true));
  }
}

/** What identifies files of a signal, also after another process has taken them over: it gives them this name. */
function originOf(path: string): string {
  const name = basename(path);
  return name.includes('.') ? name : `${name}.${basename(dirname(path))}`;
}

function itemsOf(processes: readonly SpooledProcess[]): number {
  return sum(processes.flatMap(({ chains }) => chains.map(({ items }) => items)));
}

function lostOf(pipelines: readonly ReplayingPipelines[]): Replayed['lost'] {
  const lost: Partial<Record<DropReason, number>> = {};
  for (const each of pipelines) for (const [reason, items] of each.lost) lost[reason] = (lost[reason] ?? 0) + items;
  return lost;
}

function textOf(
  directory: string,
  { found, delivered, lost, left, millis }: Replayed,
  running: readonly SpooledProcess[],
  warnings: readonly string[],
): string {
  if (found === 0 && left === 0 && running.length === 0) return nothingText(directory);
  const lines = [`Delivered ${delivered} of ${itemsText(found)} in ${directory}, within ${millis} ms.`];
  const reasons = Object.entries(lost).map(([reason, items]) => `${items} ${reason}`);
  if (reasons.length > 0) lines.push(`Lost: ${reasons.join(', ')}.`);
  if (left > 0) lines.push(`${itemsAre(left)} left. They stay where they are, and may be replayed again.`);
  if (running.length > 0)
    lines.push(`Not touched: ${sumText(running)} of ${processesText(running.length)} still running.`);
  return [...lines, ...warnings.map((warning) => `warning ${warning}`), ''].join('\n');
}
