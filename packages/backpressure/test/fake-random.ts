/**
 * Stands in for `src/random.ts`, the one seam for chance:
 *
 *     vi.mock('../src/random.ts', () => import('./fake-random.ts'));
 *
 * The middle of the range, unless a test says otherwise.
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
