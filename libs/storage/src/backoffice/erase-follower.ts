import type { FollowerId, VenueAccountId } from '@lockstep/kernel';
import type { ScopedUnit } from '../scoped-unit';
import { orNull, text } from '../unit/codec';

/** What stands in place of an address that was erased: no venue has such an address, and no two accounts have the same. */
const ERASED = 'erased';

/** Addresses in a text; longer runs of hexadecimal digits are hashes. The database lets events change by this alone (`events_only_erased`). */
const ADDRESS = '0x[0-9a-fA-F]{40}(?![0-9a-fA-F])';

/** The address, or null where it was erased. */
export const addressOrErased = (address: string | null): string | null => (address?.startsWith(ERASED) === true ? null : address);

/** What an account had that leads to a person. */
interface AccountTraces {
  readonly id: VenueAccountId;
  readonly addresses: readonly string[];
}

/**
 * Erases what is known of a follower's person: its key and what was sealed with it, its name of before there were keys, its accounts' addresses, agents
 * and signatures, and answers kept for repetition. Ids stay, and all that refers to them: orders, fills, ledger, events, audit lines. True once; false when it was erased before,
 * and nothing came back since, or nobody asked for it. All in the unit: it is erased whole or not at all. Who has many events to clear does most of it before (`clearEvents`).
 */
export async function eraseFollower(unit: ScopedUnit, followerId: FollowerId): Promise<boolean> {
  // Whoever seals an earlier name, or gives the follower an account, holds its row: it has ended before anything is looked for, or finds it erased.
  await unit.followers.findOne({ id: followerId }, { lock: true });
  const erasure = await unit.followerErasures.findOne({ followerId }, { lock: true });
  if (erasure === null || (erasure.erasedAt !== null && !(await isPersonLeft(unit, followerId)))) return false;
  const accounts = await accountsOf(unit, followerId);
  for (const table of ['follower_refs', 'follower_keys'])
    await unit.execute(`delete from ${table} where tenant_id = $1 and environment = $2 and follower_id = $3`, [...unit.scopeParameters, followerId]);
  await unit.followers.update({ id: followerId }, { externalRef: null, status: 'closed', updatedAt: unit.now });
  await clearAccounts(unit, accounts);
  await clearCommands(unit, followerId);
  while ((await clearEvents(unit, followerId, EVENTS_AT_A_TIME)) === EVENTS_AT_A_TIME);
  const addresses = accounts.flatMap((account) => account.addresses);
  await clearAnswers(unit, followerId, addresses);
  await clearSandboxTasks(unit, addresses);
  await unit.followerErasures.update({ followerId }, { erasedAt: unit.now, waitsFor: null });
  return true;
}

/** Whether a name, a key or an address of a follower stands: after an erasure there is none, unless something came back that was not to. */
export async function isPersonLeft(unit: ScopedUnit, followerId: FollowerId): Promise<boolean> {
  const [row] = await unit.query(
    `select exists (select 1 from followers where tenant_id = $1 and environment = $2 and id = $3 and external_ref is not null)
       or exists (select 1 from follower_refs where tenant_id = $1 and environment = $2 and follower_id = $3)
       or exists (select 1 from follower_keys where tenant_id = $1 and environment = $2 and follower_id = $3)
       or exists (select 1 from venue_accounts where tenant_id = $1 and environment = $2 and follower_id = $3 and address not like '${ERASED}-%') as is_left`,
    [...unit.scopeParameters, followerId],
  );
  return row?.is_left === true;
}

async function accountsOf(unit: ScopedUnit, followerId: FollowerId): Promise<readonly AccountTraces[]> {
  const rows = await unit.query(
    `select id, address, master_address, agent_address from venue_accounts where tenant_id = $1 and environment = $2 and follower_id = $3
     order by id for update`,
    [...unit.scopeParameters, followerId],
  );
  return rows.map((row) => ({
    id: text<VenueAccountId>('id').read(row.id),
    addresses: [row.address, row.master_address, row.agent_address].flatMap((value) => orNull(text('address')).read(value) ?? []),
  }));
}

async function clearAccounts(unit: ScopedUnit, accounts: readonly AccountTraces[]): Promise<void> {
  const ids = accounts.map(({ id }) => id);
  const scoped = [...unit.scopeParameters, ids];
  await unit.execute(
    `update venue_accounts set address = $5 || '-' || lower(id), master_address = case when account_type = 'main' then null else $5 end,
       agent_address = $5 || '-' || lower(id), agent_name = null, sealed_agent_key = ''::bytea, approvals = '[]', status = 'closed', status_reason = $5,
       updated_at = $4
     where tenant_id = $1 and environment = $2 and id = any($3::text[])`,
    [...scoped, new Date(unit.now), ERASED],
  );
  await unit.execute('delete from spare_agents where tenant_id = $1 and environment = $2 and venue_account_id = any($3::text[])', scoped);
  await unit.execute(
    `update commands set payload = '{"approvals":[]}' where tenant_id = $1 and environment = $2 and target_id = any($3::text[])`,
    scoped,
  );
}

/**
 * What a venue said about the follower's wishes, its accounts' and its copies': of a refusal only the code stays, and no result names an address. What a wallet signed gives its
 * address away too; it stands in the commands of accounts alone, which have lost it already.
 */
async function clearCommands(unit: ScopedUnit, followerId: FollowerId): Promise<void> {
  await unit.execute(
    `update commands set result = case when status = 'refused' then json_build_object('reason', result ->> 'reason')
         else regexp_replace(result::text, '${ADDRESS}', '${ERASED}', 'g')::json end
     where tenant_id = $1 and environment = $2 and result is not null and target_id in (
       select $3 union all select id from venue_accounts where tenant_id = $1 and environment = $2 and follower_id = $3
       union all select id from copies where tenant_id = $1 and environment = $2 and follower_id = $3)`,
    [...unit.scopeParameters, followerId],
  );
}

/** Events one statement of an erasure changes. */
const EVENTS_AT_A_TIME = 10_000;

/**
 * Takes the addresses out of events about a follower's accounts, of at most so many, and returns their number: fewer than `limit` when none is left. What a venue said about
 * accounts was told by events too, in words; of all events these alone have words, others have codes.
 */
export async function clearEvents(unit: ScopedUnit, followerId: FollowerId, limit: number): Promise<number> {
  return unit.execute(
    `update events set data = regexp_replace(data::text, '${ADDRESS}', '${ERASED}', 'g')::json
     where tenant_id = $1 and environment = $2 and (epoch, seq, created_at) in (
       select epoch, seq, created_at from events where tenant_id = $1 and environment = $2 and type = 'venue_account.changed'
         and data ->> 'venue_account_id' in (select a.id from venue_accounts a where a.tenant_id = $1 and a.environment = $2 and a.follower_id = $3)
         and data::text ~ '${ADDRESS}' limit $4)`,
    [...unit.scopeParameters, followerId, limit],
  );
}

/**
 * Answers that show an address, or are about the follower and may show its name: once an erasure was asked for they say `"external_id":null`, and that it was asked for may be
 * repeated. The fingerprint goes too: a name might be tried against it. Whoever repeats such a request is told that its key was used for another.
 */
async function clearAnswers(unit: ScopedUnit, followerId: FollowerId, addresses: readonly string[]): Promise<void> {
  await unit.execute(
    `update idempotency_keys set fingerprint = ''::bytea, headers = '{}', body = '{}'
     where tenant_id = $1 and environment = $2 and (position($3 in body) > 0 and position('"external_id":null' in body) = 0
       or exists (select 1 from unnest($4::text[]) address where position(address in lower(body)) > 0))`,
    [...unit.scopeParameters, followerId, addresses],
  );
}

/** Money and trades that were given to an address in the tenant's own world; only test environments have one. */
async function clearSandboxTasks(unit: ScopedUnit, addresses: readonly string[]): Promise<void> {
  for (const address of addresses)
    await unit.execute(
      `update sandbox_tasks set params = replace(params::text, $3, 'erased')::jsonb, plan = replace(plan::text, $3, 'erased')::jsonb,
         result = replace(result::text, $3, 'erased')::jsonb
       where tenant_id = $1 and environment = $2 and position($3 in concat(params::text, plan::text, result::text)) > 0`,
      [...unit.scopeParameters, address],
    );
}
