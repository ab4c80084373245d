/** A message to the bench from any program that `converse` runs. */
export type ProgramMessage<Report> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'error'; readonly message: string };

/** The counterpart of `converse`: asks the bench for a plan, carries it out, and ends with a report or an error. */
export function carryOutPlan(carryOut: (plan: never) => Promise<unknown>): void {
  // The bench sends each program a plan of the right type.
  process.once('message', (plan) => {
    carryOut(plan as never).then(
      (report) => tellBench({ kind: 'report', report } satisfies ProgramMessage<unknown>, () => process.exit(0)),
      (error: unknown) =>
        tellBench({ kind: 'error', message: describe(error) } satisfies ProgramMessage<unknown>, () => process.exit(1)),
    );
  });
  tellBench({ kind: 'ready' } satisfies ProgramMessage<unknown>);
}

/** Sends a message of the program's protocol. */
export function tellBench(message: object, afterwards?: () => void): void {
  if (process.send === undefined) throw new Error('this program is started by the bench');
  process.send(message, undefined, undefined, () => afterwards?.());
}

/** An error with its stack. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
