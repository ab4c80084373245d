import { ownRun } from '../../../../vitest.own-run.ts';

/** About a hundred processes start, each as an application of its own. */
export default ownRun({ maxWorkers: 3 });
