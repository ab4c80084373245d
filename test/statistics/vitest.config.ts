import { ownRun } from '../../vitest.own-run.ts';

/**
 * Only hundreds of simulated pipelines can show that sampling is unbiased, and half an hour of simulated outage has
 * millions of items, as streams have. These tests need CPU time and nothing else.
 */
export default ownRun({ testTimeout: 120_000 });
