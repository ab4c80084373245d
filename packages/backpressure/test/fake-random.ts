/**
 * Stands in for `src/random.ts`, the one seam for chance:
 *
 *     vi.mock('../src/random.ts', () => import('./fake-random.ts'));
 *
 * It gives the middle of the range, unless a test sets another value.
 */
const MIDDLE = 0.5;
let source = (): number => MIDDLE;

export const random = (): number => source();

export function setRandom(value: number = MIDDLE): void {
  source = () => value;
}

/** Numbers from a seeded generator, for tests about distributions. */
export function setRandomSource(generator: () => number): void {
  source = generator;
}
