/** Sends the same requests to all services, over connections that are kept open. */
import { Agent, get } from 'node:http';
import type { LoadCommand, LoadMessage, LoadSettings } from './load-protocol.ts';

const TICK_MILLIS = 5;
/** A service that answers in 10 ms needs few connections; the others are for a service that is slow for a moment. */
const CONNECTIONS_EACH = 32;
const FIRST_ORDER = 100_000;
/** A service that has stopped answering must not keep the demo from ending. */
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
// Ctrl-C reaches every process of the terminal, but the parent decides when this process ends.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
// The parent may have ended while this program was loading.
if (!process.connected) process.exit();
say({ kind: 'ready' });

/** Sends all requests that are due at each tick, so that a late tick catches up. @returns a function that stops it */
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
  const request = get(`${target.url}/orders/${order}`, {
    agent: target.agent,
    headers: { 'user-agent': 'demo-load/1.0' },
  });
  let answered = false;
  const deadline = setTimeout(() => request.destroy(), ANSWER_MILLIS);
  request.on('response', (response) => {
    // Any status counts as an answer, because the shop fails some orders on purpose.
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

/** If the demo is gone, the callback gets the error. It would end this process with a stack trace otherwise, before `disconnect` does. */
function say(message: LoadMessage, then = (): void => undefined): void {
  process.send?.(message, undefined, undefined, then);
}
