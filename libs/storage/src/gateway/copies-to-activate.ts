import type { CopyId, VenueAccountId } from '@lockstep/kernel';
import type { ScopedUnit } from '../scoped-unit';
import { json, text } from '../unit/codec';

/** A copy whose activation is to be carried out again, with what its last one named. */
export interface CopyToActivate {
  readonly id: CopyId;
  readonly payload: unknown;
}

/**
 * Copies of an account that never began because the account was not active: their activation was refused for that, or will be, as nothing that makes the account active stands before
 * it. At most so many, the oldest first. The caller holds the account's row, so that no copy is made meanwhile.
 */
export async function copiesToActivate(unit: ScopedUnit, accountId: VenueAccountId, limit: number): Promise<readonly CopyToActivate[]> {
  const rows = await unit.query(
    `select c.id, newest.payload from copies c
     join lateral (select k.kind, k.status, k.result, k.payload from commands k
       where k.tenant_id = $1 and k.environment = $2 and k.target_id = c.id order by k.no desc limit 1) newest on newest.kind = 'copy.activate'
     where c.tenant_id = $1 and c.environment = $2 and c.venue_account_id = $3 and c.state = 'preparing'
       and (newest.status = 'refused' and newest.result ->> 'reason' = 'wrong_state'
         or newest.status = 'pending' and not exists (select 1 from commands a
              where a.tenant_id = $1 and a.environment = $2 and a.target_id = $3 and a.kind = 'venue_account.activate' and a.status = 'pending')
            and exists (select 1 from venue_accounts v where v.tenant_id = $1 and v.environment = $2 and v.id = $3 and v.status = 'pending'))
     order by c.no limit $4`,
    [...unit.scopeParameters, accountId, limit],
  );
  return rows.map((row) => ({ id: text<CopyId>('id').read(row.id), payload: json('payload').read(row.payload) }));
}
