import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BudgetShare, MemoryBudget } from '../src/index.ts';

const MAX_BYTES = 1_000;

/** A member in the model: two numbers. */
interface Modelled {
  readonly share: BudgetShare;
  held: number;
}

/**
 * What each may hold, directly from the definition: an equal part of one half, and what the others leave of the other
 * half.
 */
function limitOf(member: Modelled, members: readonly Modelled[]): number {
  const guaranteed = Math.floor(MAX_BYTES / 2 / members.length);
  const common = MAX_BYTES - guaranteed * members.length;
  const takenByOthers = members
    .filter((other) => other !== member)
    .reduce((sum, { held }) => sum + Math.max(held - guaranteed, 0), 0);
  return guaranteed + Math.max(common - takenByOthers, 0);
}

const anyMember = fc.nat({ max: 20 });
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), member: anyMember }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('use' as const), member: anyMember, bytes: fc.nat({ max: 300 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('giveBack' as const),
      member: anyMember,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);

describe('the shares of a memory budget', () => {
  it('match a model of a few sums, whoever joins, leaves, takes and gives back, and never exceed the budget together', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 100, size: 'max' }), (steps) => {
        const budget = new MemoryBudget(MAX_BYTES);
        const members: Modelled[] = [];
        const shrink = (member: Modelled) => () => {
          const excess = Math.max(member.held - limitOf(member, members), 0);
          member.share.giveBack(excess);
          member.held -= excess;
        };
        for (const each of steps) {
          const member =
            each.kind === 'join' || members.length === 0 ? undefined : members[each.member % members.length];
          if (each.kind === 'join') {
            const joined = { share: undefined as unknown as BudgetShare, held: 0 };
            members.push(joined);
            // The member must keep it, because the budget does not.
            const onShrunk = shrink(joined);
            Object.assign(joined, { onShrunk, share: budget.join(joined, onShrunk) });
          }
          const isAsModelled = each.kind === 'join' || member === undefined || agrees(each, member, members);
          expect(isAsModelled).toBe(true);
          for (const other of members) {
            expect(other.share.usedBytes).toBe(other.held);
            expect(other.share.limitBytes).toBe(limitOf(other, members));
            expect(other.share.isOver).toBe(false);
          }
          const total = members.reduce((sum, { held }) => sum + held, 0);
          expect(budget.usedBytes).toBe(total);
          expect(total).toBeLessThanOrEqual(MAX_BYTES);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Does the step. @returns whether the share lets in what the model says, and always what is guaranteed */
function agrees(
  each: Exclude<typeof step extends fc.Arbitrary<infer Step> ? Step : never, { kind: 'join' }>,
  member: Modelled,
  members: Modelled[],
): boolean {
  if (each.kind === 'leave') {
    member.share.leave();
    members.splice(members.indexOf(member), 1);
  } else if (each.kind === 'giveBack') {
    const bytes = Math.floor(member.held * each.share);
    member.share.giveBack(bytes);
    member.held -= bytes;
  } else {
    const fits = member.held + each.bytes <= limitOf(member, members);
    const isGuaranteed = member.held + each.bytes <= Math.floor(MAX_BYTES / 2 / members.length);
    member.share.use(each.bytes);
    const isLetIn = !member.share.isOver;
    if (isLetIn) member.held += each.bytes;
    else member.share.use(-each.bytes);
    return isLetIn === fits && (isLetIn || !isGuaranteed);
  }
  return true;
}
