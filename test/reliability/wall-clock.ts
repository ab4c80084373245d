const RealDate = Date;

/** Makes the clock of this process jump, as far as `Date` shows it. 0 sets it right again. */
export function shiftWallClock(millis: number): void {
  globalThis.Date = millis === 0 ? RealDate : shifted(millis);
}

/** The true time, in milliseconds since 1970. */
export const trueTime = (): number => RealDate.now();

function shifted(millis: number): DateConstructor {
  return new Proxy(RealDate, {
    construct: (target, args: [] | [number]) =>
      args.length === 0 ? new target(target.now() + millis) : new target(...args),
    get: (target, name, receiver) =>
      name === 'now' ? () => target.now() + millis : Reflect.get(target, name, receiver),
  });
}
