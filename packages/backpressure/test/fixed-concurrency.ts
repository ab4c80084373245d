/**
 * Stands in for `src/adaptive-concurrency.ts` if a test needs several flushes in flight from the start:
 *
 *     vi.mock('../src/adaptive-concurrency.ts', () => import('./fixed-concurrency.ts'));
 */
export class AdaptiveConcurrency {
  readonly limit: number;

  constructor({ max }: { readonly max: number }) {
    this.limit = max;
  }

  onStart(): undefined {}
  onSuccess(): void {}
  onPressure(): void {}
  onOutageOver(): void {}
}
