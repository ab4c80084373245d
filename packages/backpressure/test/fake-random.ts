/**
 * Stands in for `src/random.ts`, the one seam for chance:
 *
 *     vi.mock('../src/random.ts', () => import('./fake-random.ts'));
 *
 * The middle of the range, unless a test says otherwise.
 */
const MIDDLE = 0.5;
let next = MIDDLE;

export const random = (): number => next;

export function setRandom(value: number = MIDDLE): void {
  next = value;
}
