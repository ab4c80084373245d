/** Drives the services, all alike, over connections that are kept open. */
import { Agent, get } from 'node:http';
import type { LoadCommand, LoadMessage, LoadSettings } from './load-protocol.ts';

const TICK_MILLIS = 5;
/** A service that answers in 10 ms needs few; the rest is for one that is slow for a moment. */
const CONNECTIONS_EACH = 32;
const FIRST_ORDER = 100_000;
/** A service that answers no more must not keep the demo from its end. */
const ANSWER_MILLIS = 10_000;

const settings: LoadSettings = JSON.parse(process.argv[2] ?? '{}');
const targets = settings.targets.map((url) => ({
  url,
  agent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS_EACH }),
  failed: 0,
}));
let sent = 0;
let unanswered = 0;
let stop: (() => void) | undefined;

process.on('message', (command: LoadCommand) => {
  if (command.kind === 'start') stop = start();
  else stop?.();
});
// Ctrl-C reaches every process of the terminal; this one's end is its parent's to decide.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
// It may have gone while this program was loading.
if (!process.connected) process.exit();
say({ kind: 'ready' });

/** Sends what is due at each tick, so that a late one catches up. @returns what ends it */
function start(): () => void {
  const startedAt = performance.now();
  let stopping = false;
  const ticks = setInterval(() => {
    const due = stopping ? sent : Math.floor(((performance.now() - startedAt) * settings.rate) / 1_000);
    for (; sent < due; sent++) for (const target of targets) ask(target, FIRST_ORDER + sent);
    if (!stopping || unanswered > 0) return;
    clearInterval(ticks);
    say({ kind: 'ended', sent, failed: targets.map(({ failed }) => failed) }, () => process.exit());
  }, TICK_MILLIS);
  return () => {
    stopping = true;
  };
}

function ask(target: (typeof targets)[number], order: number): void {
  unanswered += 1;
  const request = get(`${target.url}/orders/${order}`, { agent: target.agent, headers: { 'user-agent': 'demo-load/1.0' } });
  let answered = false;
  const deadline = setTimeout(() => request.destroy(), ANSWER_MILLIS);
  request.on('response', (response) => {
    // Whatever its status: the shop fails some orders on purpose.
    response.resume().once('end', () => {
      answered = true;
    });
  });
  request.on('error', () => undefined);
  request.once('close', () => {
    clearTimeout(deadline);
    unanswered -= 1;
    if (!answered) target.failed += 1;
  });
}

function say(message: LoadMessage, then?: () => void): void {
  process.send?.(message, undefined, undefined, then);
}
