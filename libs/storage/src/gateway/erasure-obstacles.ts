import type { FollowerId } from '@lockstep/kernel';
import { isUnsettled } from '../backoffice/owed-money';
import type { ScopedUnit } from '../scoped-unit';

/** What stands against erasing a follower's person now; all empty: nothing does. */
export interface ErasureObstacles {
  /** Copies that have not ended. */
  readonly running: number;
  /** Positions of ended copies that are neither flat nor a remnant the venue cannot close. */
  readonly positions: number;
  /** Orders of ours that stand at the venue, and wishes about the follower, its accounts or its copies that the engine has still to carry out. */
  readonly underway: number;
  /** Something of its copies was booked that no closed settlement covers. */
  readonly unsettled: boolean;
}

/** Looks for what stands against an erasure. The caller holds the follower's accounts, so that no copy begins meanwhile. */
export async function erasureObstacles(unit: ScopedUnit, followerId: FollowerId): Promise<ErasureObstacles> {
  const [row] = await unit.query(
    `with own as (select id, no, state, venue_account_id from copies where tenant_id = $1 and environment = $2 and follower_id = $3)
     select
       (select count(*) from own where state <> 'stopped') as running,
       (select count(*) from copy_positions p where p.tenant_id = $1 and p.environment = $2 and p.position <> 0 and not p.dust
          and p.copy_no in (select no from own)) as positions,
       (select count(*) from standing_orders s where s.tenant_id = $1 and s.environment = $2 and s.copy_no in (select no from own))
         + (select count(*) from commands c where c.tenant_id = $1 and c.environment = $2 and c.status = 'pending'
              and (c.target_id = $3 or c.target_id in (select id from own)
                or c.target_id in (select a.id from venue_accounts a where a.tenant_id = $1 and a.environment = $2 and a.follower_id = $3))) as underway`,
    [...unit.scopeParameters, followerId],
  );
  return {
    running: Number(row?.running),
    positions: Number(row?.positions),
    underway: Number(row?.underway),
    unsettled: await isUnsettled(unit, followerId),
  };
}
