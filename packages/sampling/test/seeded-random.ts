/** Mulberry32: a seeded source of numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A trace id of 32 random hex digits. */
export function randomTraceId(random: () => number): string {
  let digits = '';
  while (digits.length < 32)
    digits += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return digits;
}

/** Numbers with a normal distribution of mean 0 and deviation 1. */
export function seededNormal(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Adds noise to an expected number of spans that come in traces of 1 to 20: the variance is 13.7 times the mean. */
export function traceNoise(seed: number): (expected: number) => number {
  const normal = seededNormal(seed);
  return (expected) => Math.max(0, Math.round(expected + Math.sqrt(13.7 * expected) * normal()));
}
