import { createHash } from 'node:crypto';
import { type Checker, type CheckResult, CheckStatus } from '@stryker-mutator/api/check';
import type { Mutant, StrykerOptions } from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';

/** How many mutants of a folder are tested. The same seed chooses the same mutants of the same code. */
export interface Sample {
  readonly size: number;
  readonly seed: number;
}

export const SAMPLING_CHECKER = 'sampling';

/**
 * Lets a random sample of the mutants pass. Stryker has no samples, but it leaves out mutants that a checker refuses: its
 * own checker refuses those that do not compile.
 */
class SamplingChecker implements Checker {
  static readonly inject = tokens(commonTokens.options);
  readonly #sample: Sample;
  readonly #chosen = new Set<string>();

  constructor(options: StrykerOptions) {
    this.#sample = options['sample'] as Sample;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  /** Stryker passes all mutants in one call. If it ever made two, the sample would be larger, and the report says so. */
  group(mutants: Mutant[]): Promise<string[][]> {
    const inRandomOrder = mutants
      .map((mutant) => ({ id: mutant.id, rank: rankOf(mutant, this.#sample.seed) }))
      .toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
    for (const { id } of inRandomOrder.slice(0, this.#sample.size)) this.#chosen.add(id);
    return Promise.resolve([mutants.map(({ id }) => id)]);
  }

  check(mutants: Mutant[]): Promise<Record<string, CheckResult>> {
    return Promise.resolve(Object.fromEntries(mutants.map(({ id }) => [id, this.#resultOf(id)])));
  }

  #resultOf(id: string): CheckResult {
    return this.#chosen.has(id)
      ? { status: CheckStatus.Passed }
      : { status: CheckStatus.CompileError, reason: 'not in the sample' };
  }
}

/** A hash instead of a generator, so that a change in one file leaves the order of all other mutants as it is. */
function rankOf({ fileName, location, replacement }: Mutant, seed: number): string {
  const { start, end } = location;
  const place = `${relativeName(fileName)}:${start.line}:${start.column}-${end.line}:${end.column}`;
  return createHash('sha256').update(`${seed} ${place} ${replacement}`).digest('hex');
}

function relativeName(fileName: string): string {
  return fileName.slice(fileName.lastIndexOf('/packages/'));
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, SAMPLING_CHECKER, SamplingChecker)];

export const strykerValidationSchema = {
  properties: {
    sample: {
      type: 'object',
      properties: { size: { type: 'integer', minimum: 1 }, seed: { type: 'integer' } },
      required: ['size', 'seed'],
    },
  },
};
