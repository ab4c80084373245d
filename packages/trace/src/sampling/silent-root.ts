const ALWAYS_ON = 'AlwaysOnSampler';

/** How upstream's `ParentBasedSampler` describes itself, in both SDK lines. */
const PARENT_BASED = /^ParentBased\{root=AlwaysOnSampler, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, /;

/**
 * Whether a sampler may keep a share of what comes without saying so. Of upstream's those do not that keep all, the default of
 * the SDKs among them; whatever else samples has to write its `th`.
 */
export function isSilent(root: { toString(): string } | undefined): boolean {
  if (root === undefined) return false;
  const description = root.toString();
  return description !== ALWAYS_ON && !PARENT_BASED.test(description);
}
