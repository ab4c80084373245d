import { ownRun } from '../../../../vitest.own-run.ts';

/** Hundreds of processes start and end. */
export default ownRun({ maxWorkers: 3 });
