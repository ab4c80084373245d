import { writeSync } from 'node:fs';
import { defer, startTimer, wallTime } from '@spillway/backpressure';
import { reportLine, type ShippingReport } from '../shipping-reports.ts';
import { Deliveries } from './deliveries.ts';
import { readBody, readRequestHead, readTerms } from './frame-input.ts';
import { RequestWindow } from './request-window.ts';
import { Stop } from './stop.ts';

/** Attempts that were cut off are over within a turn or two of the event loop. */
const CUT_OFF_MILLIS = 50;

/**
 * The program of the short-lived child: it reads requests from its standard input, sends them, reports what became of their items
 * on its standard output, and ends, by itself or at the deadline that it was given. The build makes one text of this module and
 * all that it imports, which the child gets on its standard input: so the program is found wherever a bundler has put this
 * package. See packages/node/bundle-shipping-program.ts.
 */
void ship().finally(end);

async function ship(): Promise<void> {
  const terms = readTerms();
  if (terms === undefined) return;
  const stop = new Stop();
  const left = terms.deadline - wallTime();
  startTimer(() => stop.stop(), left, true);
  startTimer(end, left + CUT_OFF_MILLIS, true);
  const deliveries = new Deliveries(terms.deadline, stop, report);
  const window = new RequestWindow(terms.windowBytes);
  while (!stop.isOver) {
    const request = readRequestHead();
    if (request === undefined) break;
    // A request is read only when there is room for it, so the sender waits in turn and neither process holds them all.
    await window.roomFor(request.byteLength);
    const body = stop.isOver ? undefined : readBody(request.byteLength);
    if (body === undefined) break;
    window.hold(body.byteLength, deliveries.deliver(request, body));
    // The event loop needs a turn between two reads, so that earlier requests go on.
    await new Promise<void>((resolve) => void defer(resolve));
  }
  await window.empty();
  report({ kind: 'over' });
}

function report(what: ShippingReport): void {
  try {
    writeSync(1, reportLine(what));
  } catch {
    // The process that ended was killed. Its items are delivered all the same.
  }
}

/** Not `process.exit()`, which waits for a name server that does not answer. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
