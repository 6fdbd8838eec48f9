/** Who sets limits, the farthest from the copy first. A copy is bound by all of them. */
export const LAYERS = ['platform', 'tenant', 'leader', 'follower', 'copy'] as const;
export type Layer = (typeof LAYERS)[number];
