import type { EpochMs } from '@lockstep/kernel';

/** How a limit that copies share stands beyond doubt, and since when. */
export interface SharedStanding {
  readonly limit: string;
  /** The leader's key, or the address of the follower's account. */
  readonly of: string;
  /** Address of the watched account where it is a leader's; null: it is a follower's. */
  readonly leader: string | null;
  readonly underlying: string | null;
  /** `open`: it was one of the others, and may be either now. */
  readonly is: 'passed' | 'met' | 'open';
  readonly since: EpochMs;
}

/** Names a limit that copies share. */
export const sharedKey = (limit: string, of: string, underlying: string | null): string => `${limit} ${of} ${underlying ?? ''}`;
