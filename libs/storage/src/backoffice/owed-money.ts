import type { EpochMs, FollowerId } from '@lockstep/kernel';
import type { ErasureWait, FollowerErasureRow } from '../rows/personal';
import type { ScopedUnit } from '../scoped-unit';
import { text, time } from '../unit/codec';

/** So long is waited for money that is still to be read or settled: a venue that was away is back by then, and a person's right does not wait for one that is not. */
export const MONEY_WAIT_MAX_MS = 72 * 60 * 60 * 1_000;

/**
 * Accounts of a scope, or of one of its followers, of whose last position funding may still be read: the engine reads it after the venue charged it, and writes down before
 * which moment all of it is booked. That moment has to lie behind the last trade, the last close by the follower's hand, and the end of a copy that left something.
 * Of erased followers none counts: nothing can be read of them any more; of an account that has stood still, since `since` too, for {@link MONEY_WAIT_MAX_MS} neither. The play
 * money of a test environment is not waited for.
 */
export async function accountsWithUnreadFunding(unit: ScopedUnit, since: EpochMs, followerId: FollowerId | null = null): Promise<number> {
  const [row] = await unit.query(
    `select count(*) as many from venue_accounts a
     left join funding_readings r on r.tenant_id = $1 and r.environment = $2 and r.venue_account_no = a.no
     cross join lateral (select greatest(
       (select ceil(extract(epoch from max(f.created_at)) * 1000) from fills f
          where f.tenant_id = $1 and f.environment = $2 and f.venue_account_no = a.no),
       (select max(x.closed_at_ms) from follower_closes x where x.tenant_id = $1 and x.environment = $2
          and x.copy_no in (select c.no from copies c where c.tenant_id = $1 and c.environment = $2 and c.venue_account_id = a.id)),
       (select ceil(extract(epoch from max(c.stopped_at)) * 1000) from copies c where c.tenant_id = $1 and c.environment = $2 and c.venue_account_id = a.id
          and exists (select 1 from copy_positions p where p.tenant_id = $1 and p.environment = $2 and p.copy_no = c.no and p.position <> 0))
     ) as at_ms) held
     where a.tenant_id = $1 and a.environment = $2 and $2 = 'live' and ($3::text is null or a.follower_id = $3)
       and held.at_ms >= coalesce(r.read_to_ms, 0) and greatest(held.at_ms, $4::bigint) > $5::bigint
       and not exists (select 1 from follower_erasures e
         where e.tenant_id = $1 and e.environment = $2 and e.follower_id = a.follower_id and e.erased_at is not null)`,
    [...unit.scopeParameters, followerId, Math.floor(since), Math.floor(unit.now - MONEY_WAIT_MAX_MS)],
  );
  return Number(row?.many);
}

/** Whether something of a follower's copies was booked that no closed settlement covers. */
export async function isUnsettled(unit: ScopedUnit, followerId: FollowerId): Promise<boolean> {
  const [row] = await unit.query(
    `select exists (select 1 from ledger_transactions t where t.tenant_id = $1 and t.environment = $2
       and t.copy_id in (select c.id from copies c where c.tenant_id = $1 and c.environment = $2 and c.follower_id = $3)
       and not exists (select 1 from settlements m where m.tenant_id = $1 and m.environment = $2 and m.status = 'closed'
         and m.through_seq >= t.seq and m.period_end > t.occurred_at)) as unsettled`,
    [...unit.scopeParameters, followerId],
  );
  return row?.unsettled === true;
}

/**
 * What an erasure of a follower waits for, asked for at `askedAt`: first that the funding of its accounts is read, then that what came of it is settled. Null: for nothing, or it has
 * waited as long as it may.
 */
export async function erasureWaitsFor(unit: ScopedUnit, followerId: FollowerId, askedAt: EpochMs): Promise<ErasureWait | null> {
  if (unit.scope.environment !== 'live' || unit.now >= askedAt + MONEY_WAIT_MAX_MS) return null;
  if ((await accountsWithUnreadFunding(unit, askedAt, followerId)) > 0) return 'funding';
  return (await isUnsettled(unit, followerId)) ? 'settlement' : null;
}

/** An erasure that was asked for and not carried out. */
export type OpenErasure = Pick<FollowerErasureRow, 'followerId' | 'askedAt'>;

/** Erasures that are not carried out, the longest waiting first, at most so many behind `after`. */
export async function openErasures(unit: ScopedUnit, limit: number, after: OpenErasure | null): Promise<readonly OpenErasure[]> {
  const rows = await unit.query(
    `select follower_id, asked_at from follower_erasures where tenant_id = $1 and environment = $2 and erased_at is null
       and ($3::timestamptz is null or (asked_at, follower_id) > ($3, $4)) order by asked_at, follower_id limit $5`,
    [...unit.scopeParameters, after === null ? null : new Date(after.askedAt), after?.followerId ?? null, limit],
  );
  return rows.map((row) => ({ followerId: text<FollowerId>('follower_id').read(row.follower_id), askedAt: time('asked_at').read(row.asked_at) }));
}
