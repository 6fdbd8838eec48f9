import type { VenueAccountId } from '@lockstep/kernel';
import type { Following, ScopedUnit } from '@lockstep/storage';

/** Who follows whom, as far as it can come back to where it began: a leader whose account copies, over others or directly, what follows it, would be answered by its own orders for ever. */
export class CopyLoops {
  private readonly followersOf = new Map<bigint, Set<bigint>>();

  /** `watchedAs`: by which number an account is watched, if it is anybody's leader. */
  constructor(
    private readonly watchedAs: ReadonlyMap<VenueAccountId, bigint>,
    following: readonly Following[],
  ) {
    for (const { leader, follower } of following) this.add(leader, follower);
  }

  /** Whether a copy of the leader on the account would lead back to the leader. */
  closes(leader: bigint, account: VenueAccountId): boolean {
    const follower = this.watchedAs.get(account);
    if (follower === undefined) return false;
    const reached = new Set([follower]);
    // A set goes on to what is added to it meanwhile.
    for (const one of reached) {
      if (one === leader) return true;
      for (const next of this.followersOf.get(one) ?? []) reached.add(next);
    }
    return false;
  }

  /** Counts a copy that is made. */
  join(leader: bigint, account: VenueAccountId): void {
    const follower = this.watchedAs.get(account);
    if (follower !== undefined) this.add(leader, follower);
  }

  private add(leader: bigint, follower: bigint): void {
    const known = this.followersOf.get(leader);
    if (known === undefined) this.followersOf.set(leader, new Set([follower]));
    else known.add(follower);
  }
}

/** What copies on these accounts could lead back to: one statement where none of them is a leader, which is the rule. */
export async function loopsOver(unit: ScopedUnit, accounts: readonly VenueAccountId[]): Promise<CopyLoops> {
  const watchedAs = await unit.copies.watchedAs(accounts);
  return new CopyLoops(watchedAs, watchedAs.size === 0 ? [] : await unit.copies.followingLeaders());
}
