/** A promise with the function that resolves it. (`Promise.withResolvers` is newer than the oldest Node of this package's types.) */
export interface Settleable {
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

export function newSettleable(): Settleable {
  let settle: (() => void) | undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  return { settled, settle: () => settle?.() };
}
