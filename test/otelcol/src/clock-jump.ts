import { vi } from 'vitest';

const now = performance.now.bind(performance);
let jumped = 0;

/** As if that much time had passed, for all that measures it. It stays so for the rest of the file: a clock never goes back. */
export function jumpBy(millis: number): void {
  jumped += millis;
  vi.spyOn(performance, 'now').mockImplementation(() => now() + jumped);
}
