/** Part of a program: goes on making items, two at a time, and writes how many there were. It has made 20 before. */
export const EMITTING = 'let made = 20; setInterval(() => { emit(1); made += 2; console.log(made); }, 2);';

export function madeBy(stdout: string): number {
  return Number(stdout.trim().split('\n').at(-1));
}

/** Items that came when their pipeline took no more, as the log says. A logger asks before it builds a record. */
export function lostAfterEnd(stderr: string): number {
  return [...stderr.matchAll(/(\d+) (?:already_shutdown|not even built)/g)].reduce(
    (sum, [, items]) => sum + Number(items),
    0,
  );
}
