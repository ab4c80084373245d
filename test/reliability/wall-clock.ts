const RealDate = Date;

/** Lets the clock of this process jump, as far as `Date` tells it. 0 sets it right. */
export function shiftWallClock(millis: number): void {
  globalThis.Date = millis === 0 ? RealDate : shifted(millis);
}

/** What the clock of everybody else says, in milliseconds since 1970. */
export const trueTime = (): number => RealDate.now();

function shifted(millis: number): DateConstructor {
  return new Proxy(RealDate, {
    construct: (target, args: [] | [number]) => (args.length === 0 ? new target(target.now() + millis) : new target(...args)),
    get: (target, name, receiver) => (name === 'now' ? () => target.now() + millis : Reflect.get(target, name, receiver)),
  });
}
