import { seededRandom } from '../../sampling/test/seeded-random.ts';

/**
 * Stands in for `src/random.ts` if chance must play its part and a run must be repeatable:
 *
 *     vi.mock('../src/random.ts', () => import('./seeded-chance.ts'));
 */
let next = seededRandom(1);

export const random = (): number => next();

export function seedChance(seed: number): void {
  next = seededRandom(seed);
}
