import { vi } from 'vitest';

const now = performance.now.bind(performance);
let jumped = 0;

/**
 * Moves the clock forward, for everything that measures time. It stays so for the rest of the file: clocks never go
 * back.
 */
export function jumpBy(millis: number): void {
  jumped += millis;
  vi.spyOn(performance, 'now').mockImplementation(() => now() + jumped);
}
