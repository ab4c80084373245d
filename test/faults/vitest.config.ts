import { ownRun } from '../../vitest.own-run.ts';

/** One pipeline for each fault, over each wire. They mostly wait, so three files run at once. */
export default ownRun({ maxWorkers: 3 });
