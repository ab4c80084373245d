/** The platform's functions for time. The global object has this shape. A bare realm has no timers. */
export interface TimeFunctions {
  readonly performance: { now(): number };
  readonly Date: { now(): number };
  readonly setTimeout?: ((callback: () => void, delayMs: number) => unknown) | undefined;
  readonly clearTimeout?: ((handle: unknown) => void) | undefined;
  readonly setImmediate?: ((callback: () => void) => unknown) | undefined;
  readonly clearImmediate?: ((handle: unknown) => void) | undefined;
}

type Name = keyof TimeFunctions;

/** Marks that test libraries leave on their replacements for globals. */
interface Faked {
  /**
   * Set by @sinonjs/fake-timers, and so by jest and vitest. Its clock keeps the originals, under their names with a
   * leading `_`.
   */
  readonly clock?: Readonly<Record<string, unknown>>;
  /** Set by the legacy fake timers of jest, which do not give the originals away. */
  readonly _isMockFunction?: boolean;
}

/**
 * The platform's functions as they are now. If the application's tests fake time later, nothing here changes; if they
 * have done so already, the originals are taken from the fakes.
 */
export function captureTimeFunctions(): TimeFunctions {
  const clock = original('Date') ?? globalThis.Date;
  const performance = original('performance') ?? clock;
  const setTimeout = original('setTimeout');
  const clearTimeout = original('clearTimeout');
  const setImmediate = isMock(setTimeout) ? runSoon : original('setImmediate');
  const clearImmediate = isMock(setTimeout) ? undefined : original('clearImmediate');
  const now = performance.now.bind(performance);
  const wallTime = clock.now.bind(clock);
  // Browsers insist that global functions are called without an object, and methods on their own object.
  return {
    performance: { now },
    Date: { now: wallTime },
    setTimeout: setTimeout && ((callback, delayMs) => setTimeout(callback, delayMs)),
    clearTimeout: clearTimeout && ((handle) => clearTimeout(handle)),
    setImmediate: setImmediate && ((callback) => setImmediate(callback)),
    clearImmediate: clearImmediate && ((handle) => clearImmediate(handle)),
  };
}

/** @returns `undefined` if the platform has no such function */
function original<N extends Name>(name: N): TimeFunctions[N] | undefined {
  let found = (globalThis as unknown as Partial<TimeFunctions>)[name];
  try {
    // Fakes may replace other fakes.
    for (let kept = keptBy(found, name); kept !== undefined; kept = keptBy(found, name)) found = kept;
  } catch {
    // The `performance` of jsdom throws if it is read from any object but its window.
  }
  return found;
}

function keptBy<N extends Name>(found: TimeFunctions[N] | undefined, name: N): TimeFunctions[N] | undefined {
  return (found as Faked | undefined)?.clock?.[`_${name}`] as TimeFunctions[N] | undefined;
}

function isMock(found: unknown): boolean {
  return (found as Faked | undefined)?.['_isMockFunction'] === true;
}

/** Stands in for timers that would never fire: a promise job, which cannot be faked. */
async function runSoon(callback: () => void): Promise<void> {
  await Promise.resolve();
  callback();
}
