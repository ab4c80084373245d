import type { Fault } from '../collector/src/index.ts';
import type { Chance } from './chance.ts';

/** How long a pipeline of the soak waits for an answer. */
export const ATTEMPT_MILLIS = 2_000;

/** An answer of 200 before the request was read is left out, because no client can notice that loss. */
const MAKE: readonly [(chance: Chance) => Fault, ...((chance: Chance) => Fault)[]] = [
  (chance) => ({ kind: 'latency', millis: chance.magnitude(1, 0.7 * ATTEMPT_MILLIS) }),
  (chance) => ({ kind: 'limited', concurrency: chance.whole(1, 4), serviceMillis: chance.magnitude(2, 200) }),
  (chance) => ({
    kind: 'status',
    code: chance.oneOf([429, 503]),
    ...(chance.happens(0.5) && { retryAfter: chance.oneOf(['0', '0.2', '1', 'soon']) }),
  }),
  (chance) => ({ kind: 'status', code: chance.oneOf([502, 504]), latencyMillis: chance.whole(0, 300) }),
  (chance) => ({ kind: 'status', code: chance.oneOf([301, 400, 401, 404, 500]) }),
  (chance) => ({ kind: 'reset', keepsItems: chance.happens(0.5), latencyMillis: chance.whole(0, 300) }),
  () => ({ kind: 'reset-mid-request' }),
  (chance) => ({ kind: 'close-before-answer', keepsItems: chance.happens(0.5), latencyMillis: chance.whole(0, 300) }),
  () => ({ kind: 'hang' }),
  (chance) => ({ kind: 'slow-drip', bytesPerSecond: chance.magnitude(10, 1_000), bytes: chance.magnitude(2, 200) }),
  (chance) => ({ kind: 'partial-success', rejected: chance.whole(0, 20), message: 'no room' }),
  (chance) => ({ kind: 'max-body', bytes: chance.magnitude(2_000, 200_000) }),
  (chance) => ({
    kind: 'huge-response',
    bytes: chance.magnitude(1_000, 8_000_000),
    declaresLength: chance.happens(0.5),
  }),
  () => ({ kind: 'garbage-response' }),
  (chance) => ({ kind: 'answer-before-body', code: chance.oneOf([413, 429, 503]) }),
];

export function randomFault(chance: Chance): Fault {
  return chance.oneOf(MAKE)(chance);
}
