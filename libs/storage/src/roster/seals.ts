import type { VenueAccountId } from '@lockstep/kernel';
import type { SpareAgentRow } from '../rows/roster';
import { bytes, text } from '../unit/codec';
import type { ScopedSql } from '../unit/sql';
import type { SqlRow } from '../unit/table';

/** A sealed agent key and where it stands: at the account, or beside it in a role. */
export interface SealedAgentKey {
  readonly venueAccountId: VenueAccountId;
  /** Null: the key the account signs with. */
  readonly role: SpareAgentRow['role'] | null;
  readonly sealed: Buffer;
}

/** A place among the sealed agent keys of a scope: those of accounts by id, then those beside them by id and role. */
export type SealPlace = Pick<SealedAgentKey, 'venueAccountId' | 'role'>;

export interface SealCount {
  /** The key pair the boxes were sealed for, as 16 hexadecimal digits. */
  readonly keyId: string;
  readonly boxes: number;
  /** Those among them of accounts that are not closed: what an engine opens. */
  readonly inUse: number;
}

/** The key id inside a box (see the sealed box of the platform). */
const KEY_ID = `encode(substring(sealed_agent_key from 2 for 8), 'hex')`;
/** A box without key has been destroyed: there is nothing to open or to seal. */
const HELD = 'octet_length(sealed_agent_key) > 0';

/** Agent keys as sealed boxes, whatever is in them: counted by the key that opens them and replaced where nobody else was first. */
export class Seals {
  constructor(private readonly unit: ScopedSql) {}

  /** How many boxes of the scope each key opens; the order says nothing. */
  async counts(): Promise<readonly SealCount[]> {
    const rows = await this.unit.query(
      `select key_id, count(*) as boxes, count(*) filter (where status <> 'closed') as in_use from (
         select ${KEY_ID} as key_id, status from venue_accounts where tenant_id = $1 and environment = $2 and ${HELD}
         union all
         select encode(substring(s.sealed_agent_key from 2 for 8), 'hex'), a.status from spare_agents s
           join venue_accounts a on a.tenant_id = s.tenant_id and a.environment = s.environment and a.id = s.venue_account_id
           where s.tenant_id = $1 and s.environment = $2 and a.tenant_id = $1 and a.environment = $2 and octet_length(s.sealed_agent_key) > 0
       ) boxes group by key_id`,
      [...this.unit.scopeParameters],
    );
    return rows.map((row) => ({ keyId: text('key_id').read(row.key_id), boxes: Number(row.boxes), inUse: Number(row.in_use) }));
  }

  /** Boxes that were not sealed for this key, behind a place and at most so many. */
  async others(keyId: string, after: SealPlace | null, limit: number): Promise<readonly SealedAgentKey[]> {
    const own = after === null || after.role === null ? await this.othersOfAccounts(keyId, after?.venueAccountId ?? '', limit) : [];
    if (own.length === limit) return own;
    const beside = after === null || after.role === null ? ['', ''] : [after.venueAccountId, after.role];
    const rows = await this.unit.query(
      `select venue_account_id, role, sealed_agent_key from spare_agents
       where tenant_id = $1 and environment = $2 and (venue_account_id, role) > ($3, $4) and ${HELD} and ${KEY_ID} <> $5
       order by venue_account_id, role limit $6`,
      [...this.unit.scopeParameters, ...beside, keyId, limit - own.length],
    );
    return [...own, ...rows.map((row) => boxOf(row, text<SpareAgentRow['role']>('role').read(row.role)))];
  }

  private async othersOfAccounts(keyId: string, after: string, limit: number): Promise<readonly SealedAgentKey[]> {
    const rows = await this.unit.query(
      `select id as venue_account_id, sealed_agent_key from venue_accounts
       where tenant_id = $1 and environment = $2 and id > $3 and ${HELD} and ${KEY_ID} <> $4 order by id limit $5`,
      [...this.unit.scopeParameters, after, keyId, limit],
    );
    return rows.map((row) => boxOf(row, null));
  }

  /** Puts a box in the place of another; false when that one no longer stands there: an engine or a gateway has written a newer one. */
  async replace(old: SealedAgentKey, sealed: Buffer): Promise<boolean> {
    const place = old.role === null ? [old.venueAccountId] : [old.venueAccountId, old.role];
    const statement =
      old.role === null
        ? `update venue_accounts set sealed_agent_key = $3 where tenant_id = $1 and environment = $2 and sealed_agent_key = $4 and id = $5`
        : `update spare_agents set sealed_agent_key = $3 where tenant_id = $1 and environment = $2 and sealed_agent_key = $4
           and venue_account_id = $5 and role = $6`;
    return (await this.unit.execute(statement, [...this.unit.scopeParameters, sealed, old.sealed, ...place])) === 1;
  }
}

const boxOf = (row: SqlRow, role: SealedAgentKey['role']): SealedAgentKey => ({
  venueAccountId: text<VenueAccountId>('venue_account_id').read(row.venue_account_id),
  role,
  sealed: bytes('sealed_agent_key').read(row.sealed_agent_key),
});
