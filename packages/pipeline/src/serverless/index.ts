export type { Flushable } from './flushable.ts';
export { flushAfter, type FlushAfterOptions, type WaitUntil } from './flush-after.ts';
export {
  flushEachInvocation,
  type FlushEachInvocationOptions,
  type InvocationContext,
} from './flush-each-invocation.ts';
export { flushWithin, type FlushWithinOptions } from './flush-within.ts';
