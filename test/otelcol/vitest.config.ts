import { ownRun } from '../../vitest.own-run.ts';

export default ownRun({
  globalSetup: './global-setup.ts',
  // One file alone keeps two cores busy.
  fileParallelism: false,
  testTimeout: 60_000,
});
