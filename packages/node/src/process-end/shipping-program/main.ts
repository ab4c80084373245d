import { defer, startTimer, wallTime } from '@spillway/backpressure';
import { Deliveries } from './deliveries.ts';
import { readBody, readRequestHead, readTerms } from './frame-input.ts';
import { RequestWindow } from './request-window.ts';

/**
 * The program of the short-lived child: it reads requests from its standard input, sends them, and ends, by itself or at the
 * deadline that it was given. The build makes one text of this module and all that it imports, which the child gets on its standard
 * input: so the program is found wherever a bundler has put this package. See packages/node/bundle-shipping-program.ts.
 */
void ship().finally(end);

async function ship(): Promise<void> {
  const terms = readTerms();
  if (terms === undefined) return;
  startTimer(end, terms.deadline - wallTime(), true);
  const deliveries = new Deliveries(terms.deadline, end);
  const window = new RequestWindow(terms.windowBytes);
  for (let head = readRequestHead(); head !== undefined; head = readRequestHead()) {
    const request = head;
    // A request is read only when there is room for it, so the sender waits in turn and neither process holds them all.
    await window.roomFor(request.byteLength);
    const body = readBody(request.byteLength);
    if (body === undefined) break;
    window.hold(body.byteLength, deliveries.deliver(request, body));
    // The event loop needs a turn between two reads, so that earlier requests go on.
    await new Promise<void>((resolve) => void defer(resolve));
  }
  await window.empty();
}

/** Not `process.exit()`, which waits for a name server that does not answer. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
