import { configDefaults } from 'vitest/config';
import { ownRun } from '../vitest.own-run.ts';

/** The examples run as their users run them, some of them for many seconds. `test/compat` runs what is installed. */
export default ownRun({ maxWorkers: 3, exclude: [...configDefaults.exclude, 'zero-code-express/**'] });
