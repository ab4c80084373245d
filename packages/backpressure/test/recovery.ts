import { BackpressureController, type BackpressureMetrics } from '../src/index.ts';
import { resetClock, runUntil, startTimer } from './simulated-clock.ts';
import { type OutageKind, type ReceiverCosts, SimulatedReceiver } from './simulated-receiver.ts';

export interface RecoveryCase extends ReceiverCosts {
  readonly itemBytes: number;
  readonly itemsPerSecond: number;
  readonly batchSize: number;
  readonly maxBatchSize: number;
  readonly maxConcurrentFlushes: number;
  readonly timeoutMs: number;
  readonly outage: OutageKind;
  readonly outageMs: number;
}

const TICK_MS = 100;
/** Before the outage. */
const WARM_UP_MS = 5_000;

export interface Recovery {
  /** From the end of the outage until the backlog was normal; `Infinity` if it never was. */
  readonly recoveredAfterMs: number;
  readonly metrics: BackpressureMetrics;
  readonly requests: number;
}

/** A batch that takes a larger share of a request's time than this leaves no room for even the smallest queue. */
const FITTING_SHARE = 1 / 3;

/** Items a second that the receiver takes in batches of the configured size, or of one that fits a request's time. */
export function capacityOf({
  itemMs,
  requestMs,
  bytesPerMs,
  itemBytes,
  batchSize,
  roundTripMs,
  maxConcurrentFlushes,
  timeoutMs,
}: Omit<RecoveryCase, 'itemsPerSecond'>): number {
  const fitting = (FITTING_SHARE * timeoutMs - requestMs - roundTripMs) / (itemMs + itemBytes / bytesPerMs);
  const items = Math.min(batchSize, Math.max(1, fitting));
  const batchMs = requestMs + items * itemMs;
  const linkMs = (items * itemBytes) / bytesPerMs;
  const alone = batchMs + linkMs + roundTripMs;
  return (items * 1_000) / Math.max(batchMs, linkMs, alone / maxConcurrentFlushes);
}

/** The items held if nothing is wrong: those that come in while a batch waits and is in flight. */
const normalBacklog = ({ itemsPerSecond, batchSize, timeoutMs }: RecoveryCase): number =>
  2 * batchSize + itemsPerSecond * (1 + timeoutMs / 2_000);

/** Runs a load before, during and after an outage, until the backlog is gone or `patienceMs` are over. */
export async function recover(simulated: RecoveryCase, patienceMs: number): Promise<Recovery> {
  resetClock();
  const receiver = new SimulatedReceiver(simulated);
  const controller = new BackpressureController<number>(
    (batch, { signal }) => receiver.send(batch.length, batch.length * simulated.itemBytes, signal),
    {
      batchSize: simulated.batchSize,
      maxBatchSize: simulated.maxBatchSize,
      maxConcurrentFlushes: simulated.maxConcurrentFlushes,
      flushTimeoutMs: simulated.timeoutMs,
      maxBufferSize: 10_000_000,
      maxBufferBytes: 1e12,
      batchBytes: 4 * 2 ** 20,
      sizeOf: () => simulated.itemBytes,
      minFlushIntervalMs: 500,
      maxFlushIntervalMs: 5_000,
    },
  );
  controller.start();
  let offered = 0;
  let due = 0;
  const produce = (): void => {
    due += (simulated.itemsPerSecond * TICK_MS) / 1_000;
    for (; offered < due; offered += 1) controller.tryPush(0);
    startTimer(produce, TICK_MS);
  };
  produce();
  await runUntil(WARM_UP_MS);
  receiver.outage = simulated.outage;
  const end = WARM_UP_MS + simulated.outageMs;
  await runUntil(end);
  receiver.outage = undefined;
  const normal = normalBacklog(simulated);
  let recoveredAfterMs = Infinity;
  for (let time = end + 1_000; time <= end + patienceMs; time += 1_000) {
    await runUntil(time);
    const { bufferSize, inFlight } = controller.getMetrics();
    if (bufferSize + inFlight > normal) continue;
    recoveredAfterMs = time - end;
    break;
  }
  const metrics = controller.getMetrics();
  return { recoveredAfterMs, metrics, requests: receiver.requests };
}
