import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By file. The run of a mutant ends at the first failure, so the longest run of a file is the one that counts. */
const millisOf = new Map<string, number>();

/** Most mutants fail some short test, and then the long ones need not be run. */
export class ShortestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    for (const file of files) {
      const { duration = 0 } = this.ctx.cache.getTestSpecificationResult(file) ?? {};
      millisOf.set(file.moduleId, Math.max(millisOf.get(file.moduleId) ?? 0, duration));
    }
    return Promise.resolve(files.toSorted((a, b) => (millisOf.get(a.moduleId) ?? 0) - (millisOf.get(b.moduleId) ?? 0)));
  }
}
