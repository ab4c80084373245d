import { ownRun } from '../../vitest.own-run.ts';

/** Pipelines under load with faults. They mostly wait, so three files run at once. */
export default ownRun({ maxWorkers: 3 });
