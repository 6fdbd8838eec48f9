import type { EpochMs, FollowerId, Ids, VenueAccountId } from '@lockstep/kernel';
import type { KnownOffboarding } from '../platform/offboardings';
import type { ExportRow } from '../rows/money';
import type { ScopedUnit } from '../scoped-unit';
import * as tables from '../tables';
import { text } from '../unit/codec';
import { accountsWithUnreadFunding } from './owed-money';

/** What of a scope stands against its export, and how many persons are still to be erased. */
export interface OffboardingStanding {
  /** Copies that have not ended. */
  readonly copies: number;
  /** Positions of copies that are neither flat nor a remnant the venue cannot close. */
  readonly positions: number;
  /** Commands the engine has still to carry out. */
  readonly commands: number;
  /** Something was booked in live that no closed settlement covers. The play money of a test environment is not waited for. */
  readonly unsettled: boolean;
  /** Accounts in live of whose last position funding is still to be read. */
  readonly fundingUnread: number;
  readonly followers: number;
}

export const ARCHIVE_KIND = 'archive';

/** Who asks where the operator's wish is carried out. */
export const OFFBOARDING_ACTOR = 'offboarding';

/** Whether something stands against an export, and against an erasure. */
export const standsOpen = ({ copies, positions, commands, unsettled, fundingUnread }: OffboardingStanding): boolean =>
  copies + positions + commands + fundingUnread > 0 || unsettled;

/** How a scope of a tenant stands that is being offboarded since then. */
export async function offboardingStanding(unit: ScopedUnit, since: EpochMs): Promise<OffboardingStanding> {
  const [row] = await unit.query(
    `select
       (select count(*) from copies c where c.tenant_id = $1 and c.environment = $2 and c.state <> 'stopped') as copies,
       (select count(*) from copy_positions p where p.tenant_id = $1 and p.environment = $2 and p.position <> 0 and not p.dust) as positions,
       (select count(*) from commands m where m.tenant_id = $1 and m.environment = $2 and m.status = 'pending') as commands,
       ($2 = 'live' and exists (select 1 from ledger_transactions t where t.tenant_id = $1 and t.environment = $2 and t.seq > coalesce(
          (select max(s.through_seq) from settlements s where s.tenant_id = $1 and s.environment = $2 and s.status = 'closed'), 0))
        or $2 = 'live' and exists (select 1 from ledger_transactions t where t.tenant_id = $1 and t.environment = $2 and t.occurred_at >= coalesce(
          (select max(s.period_end) from settlements s where s.tenant_id = $1 and s.environment = $2 and s.status = 'closed'), '-infinity'))) as unsettled,
       (select count(*) from followers f where f.tenant_id = $1 and f.environment = $2 and not exists (select 1 from follower_erasures e
          where e.tenant_id = $1 and e.environment = $2 and e.follower_id = f.id and e.erased_at is not null)) as followers`,
    [...unit.scopeParameters],
  );
  return {
    copies: Number(row?.copies),
    positions: Number(row?.positions),
    commands: Number(row?.commands),
    unsettled: row?.unsettled === true,
    fundingUnread: await accountsWithUnreadFunding(unit, since),
    followers: Number(row?.followers),
  };
}

/**
 * Holds the work on a scope's offboarding against other back offices until the unit ends, so that nothing is asked for twice. False where it is no longer where it was
 * known to be, or its tenant not suspended: then nothing may be done. True stays true until the unit ends.
 */
export async function holdOffboarding(unit: ScopedUnit, known: KnownOffboarding): Promise<boolean> {
  await unit.query(`select pg_advisory_xact_lock(hashtextextended($1 || '|' || $2 || '|offboarding', 0))`, [...unit.scopeParameters]);
  return unit.offboardings.stands(known);
}

/**
 * Asks the engine for the stop of everything of a scope, unless that was asked for since then and its copies may be closing, or is on its way still. True where it did;
 * the caller wakes the engine.
 */
export async function askForStop(unit: ScopedUnit, ids: Ids, since: EpochMs): Promise<boolean> {
  if (await stopAskedSince(unit, since)) return false;
  const { tenantId } = unit.scope;
  await unit.commands.append({ kind: 'tenant.close_all', targetId: tenantId, payload: {}, actor: OFFBOARDING_ACTOR });
  const what = { actor: OFFBOARDING_ACTOR, action: 'tenant.close_all', targetId: tenantId, requestId: null, detail: {}, before: null, after: null };
  unit.audit.note({ id: ids.next('audit'), createdAt: unit.now, ...what });
  return true;
}

async function stopAskedSince(unit: ScopedUnit, since: EpochMs): Promise<boolean> {
  const [row] = await unit.query(
    `select exists (select 1 from commands where tenant_id = $1 and environment = $2 and kind = 'tenant.close_all' and (created_at >= $3 or status = 'pending'))
       as asked`,
    [...unit.scopeParameters, new Date(since)],
  );
  return row?.asked === true;
}

/** Accounts of copies that have not ended whose agent cannot sign, at most so many: nothing of them can be closed until somebody approves one, or closes by hand. */
export async function accountsThatCannotSign(unit: ScopedUnit, limit: number): Promise<readonly VenueAccountId[]> {
  const rows = await unit.query(
    `select a.id from venue_accounts a where a.tenant_id = $1 and a.environment = $2
       and (a.agent_status not in ('approved', 'expiring') or a.agent_valid_until <= $4)
       and exists (select 1 from copies c where c.tenant_id = $1 and c.environment = $2 and c.venue_account_id = a.id and c.state <> 'stopped')
     order by a.id limit $3`,
    [...unit.scopeParameters, limit, new Date(unit.now)],
  );
  return rows.map((row) => text<VenueAccountId>('id').read(row.id));
}

/** The newest file of a table, with how many of its files failed. */
export interface ArchiveFile extends ExportRow {
  readonly failures: number;
}

/** The files of the archive that was begun then, by table: of each table the newest. With a time only those of then or later: what was closed anew is exported anew. */
export async function archiveFiles(unit: ScopedUnit, begunAt: EpochMs, since: EpochMs | null = null): Promise<ReadonlyMap<string, ArchiveFile>> {
  const rows = await unit.query(
    `select ${tables.exportsTable.selectList()} from exports where tenant_id = $1 and environment = $2 and kind = '${ARCHIVE_KIND}'
       and (params ->> 'begunAtMs')::bigint = $3 and ($4::timestamptz is null or created_at >= $4) order by created_at, id`,
    [...unit.scopeParameters, begunAt, since === null ? null : new Date(since)],
  );
  const files = new Map<string, ArchiveFile>();
  for (const row of rows) {
    const file = tables.exportsTable.parse(row);
    const name = archiveNameOf(file);
    files.set(name, { ...file, failures: (files.get(name)?.failures ?? 0) + (file.status === 'failed' ? 1 : 0) });
  }
  return files;
}

/** Which table a file of an archive is of. */
export function archiveNameOf({ params }: Pick<ExportRow, 'params'>): string {
  const name: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, 'table') : null;
  return typeof name === 'string' ? name : '';
}

/** Followers whose persons are still to be erased, at most so many. */
export async function followersToErase(unit: ScopedUnit, limit: number): Promise<readonly FollowerId[]> {
  const rows = await unit.query(
    `select f.id from followers f where f.tenant_id = $1 and f.environment = $2 and not exists (select 1 from follower_erasures e
       where e.tenant_id = $1 and e.environment = $2 and e.follower_id = f.id and e.erased_at is not null) order by f.id limit $3`,
    [...unit.scopeParameters, limit],
  );
  return rows.map((row) => text<FollowerId>('id').read(row.id));
}

/** Writes down that these followers are to be erased; whose erasure was asked for already is left as it is. */
export async function askToErase(unit: ScopedUnit, followers: readonly FollowerId[], actor: string): Promise<void> {
  await unit.execute(
    `insert into follower_erasures (tenant_id, environment, follower_id, actor, asked_at)
     select $1, $2, f, $4, $5 from unnest($3::text[]) f on conflict (tenant_id, environment, follower_id) do nothing`,
    [...unit.scopeParameters, [...followers], actor, new Date(unit.now)],
  );
}

/**
 * Destroys what a scope has of secrets: the key of its personal data, and its API keys with what they sign with. Agents' keys went with their followers. Repeating it
 * changes nothing.
 */
export async function destroySecrets(unit: ScopedUnit): Promise<void> {
  const scope = [...unit.scopeParameters];
  await unit.execute('delete from tenant_keys where tenant_id = $1 and environment = $2', scope);
  await unit.execute(
    `update api_keys set status = 'revoked', revoked_at = coalesce(revoked_at, $3), signed = 'nothing' where tenant_id = $1 and environment = $2`,
    [...scope, new Date(unit.now)],
  );
  await unit.execute(
    `update key_index set status = 'revoked', signed = 'nothing', signing_secret = null, digest = ''::bytea where tenant_id = $1 and environment = $2`,
    scope,
  );
}

/** Removes answers kept for repetition, at most so many, and returns their number. */
export async function removeAnswers(unit: ScopedUnit, limit: number): Promise<number> {
  return unit.execute(
    `delete from idempotency_keys where tenant_id = $1 and environment = $2 and key in (
       select key from idempotency_keys where tenant_id = $1 and environment = $2 order by key limit $3)`,
    [...unit.scopeParameters, limit],
  );
}

/** Removes bytes of a scope's files, settlements' never; at most so many parts, and returns their number. */
export async function removeFileParts(unit: ScopedUnit, limit: number): Promise<number> {
  return unit.execute(
    `delete from export_chunks where tenant_id = $1 and environment = $2 and (export_id, no) in (
       select c.export_id, c.no from export_chunks c join exports e on e.tenant_id = $1 and e.environment = $2 and e.id = c.export_id
       where c.tenant_id = $1 and c.environment = $2 and e.kind <> 'settlement' limit $3)`,
    [...unit.scopeParameters, limit],
  );
}
