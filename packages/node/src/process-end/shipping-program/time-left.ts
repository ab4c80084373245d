import { wallTime } from '@spillway/backpressure';

/** Milliseconds until a deadline on the clock of `Date.now()`, which the process that ends and the one that ships share. */
export function timeLeft(deadline: number): number {
  return deadline - wallTime();
}
