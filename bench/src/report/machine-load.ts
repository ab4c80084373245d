import os from 'node:os';

/** Above this share, processes wait for each other, and delays say more about the machine than about a pipeline. */
const TOO_BUSY = 0.9;

/** Measures how busy all cores were since it was made, including programs other than the bench. */
export class MachineLoad {
  private readonly before = readTimes();

  /** 0 to 1. */
  busyShare(): number {
    const after = readTimes();
    return 1 - (after.idle - this.before.idle) / (after.total - this.before.total);
  }
}

/** A warning for the table, if the machine was too busy. */
export function loadWarning(busyShare: number): string | undefined {
  return busyShare > TOO_BUSY
    ? `the machine was ${(100 * busyShare).toFixed(0)} % busy: do not trust times and delays`
    : undefined;
}

function readTimes(): { idle: number; total: number } {
  const times = os.cpus().map((core) => core.times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    total: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}
