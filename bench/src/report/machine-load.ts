import os from 'node:os';

/** Above this, processes wait for each other, and delays say more about the machine than about a pipeline. */
const TOO_BUSY = 0.9;

/** Measures how busy all cores were, with whatever ran beside the bench, since it was made. */
export class MachineLoad {
  private readonly before = readTimes();

  /** 0 to 1. */
  busyShare(): number {
    const after = readTimes();
    return 1 - (after.idle - this.before.idle) / (after.total - this.before.total);
  }
}

/** A warning for the table, where one is due. */
export function loadWarning(busyShare: number): string | undefined {
  return busyShare > TOO_BUSY
    ? `the machine was ${(100 * busyShare).toFixed(0)} % busy: times and delays are not to be trusted`
    : undefined;
}

function readTimes(): { idle: number; total: number } {
  const times = os.cpus().map((core) => core.times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    total: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}
