const ALWAYS_ON = 'AlwaysOnSampler';

/** How upstream's `ParentBasedSampler` describes itself, in both SDK lines. */
const PARENT_BASED = /^ParentBased\{root=AlwaysOnSampler, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, /;

/**
 * Whether a sampler may keep a share of the traces without saying so. Upstream's samplers that keep all traces do not;
 * the SDK's default is one of them. Any other sampler has to write its `th`.
 */
export function isSilent(root: { toString(): string } | undefined): boolean {
  if (root === undefined) return false;
  const description = root.toString();
  return description !== ALWAYS_ON && !PARENT_BASED.test(description);
}
