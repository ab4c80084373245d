import { commonTokens, declareFactoryPlugin, type Injector, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import { type DryRunOptions, type DryRunResult, DryRunStatus, type TestRunner } from '@stryker-mutator/api/test-runner';
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner';

/**
 * Runs tests with Vitest, for code that runs in processes which tests start. Stryker sees only what code the tests
 * themselves reach, and would leave out all mutants elsewhere. So this runner does not say what was reached, and each
 * mutant gets all tests, until one fails.
 */
export const PROCESS_TEST_RUNNER = 'vitest-processes';

type RunnerFactory = (injector: Injector) => TestRunner;

function createProcessTestRunner(injector: Injector): TestRunner {
  const [vitest] = vitestPlugins as readonly { readonly factory: RunnerFactory }[];
  if (vitest === undefined) throw new Error('the runner for Vitest has no plugin');
  const runner = vitest.factory(injector);
  const dryRun = runner.dryRun.bind(runner);
  runner.dryRun = async (options: DryRunOptions): Promise<DryRunResult> => {
    const result = await dryRun(options);
    return result.status === DryRunStatus.Complete ? { status: result.status, tests: result.tests } : result;
  };
  return runner;
}
createProcessTestRunner.inject = tokens(commonTokens.injector);

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, PROCESS_TEST_RUNNER, createProcessTestRunner as never),
];
