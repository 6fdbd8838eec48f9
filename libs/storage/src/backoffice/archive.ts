import * as tables from '../tables';
import type { ScopedSql } from '../unit/sql';
import type { SqlRow } from '../unit/table';
import { streamRows } from './cursor';

/** How a column of an archive is written. */
export type ArchiveColumnKind = 'text' | 'integer' | 'time';

export interface ArchiveTable {
  /** In the order of the file. */
  readonly columns: Readonly<Record<string, ArchiveColumnKind>>;
  readonly orderBy: string;
}

type Described = {
  readonly fields: readonly string[];
  readonly columns: Readonly<Record<string, { readonly column: string; readonly type: unknown }>>;
};

/** Columns of a table, without the scope (a file is of one) and without those left out. */
function described({ fields, columns }: Described, orderBy: string, without: readonly string[] = []): ArchiveTable {
  const shown = fields.flatMap((field) => columns[field] ?? []).filter(({ column }) => !['tenant_id', 'environment', ...without].includes(column));
  return { columns: Object.fromEntries(shown.map(({ column, type }) => [column, kindOf(type)])), orderBy };
}

const kindOf = (type: unknown): ArchiveColumnKind => (type === 'timestamptz' ? 'time' : type === 'bigint' || type === 'integer' ? 'integer' : 'text');

const LEDGER: ArchiveTable = {
  columns: {
    seq: 'integer',
    line: 'integer',
    account: 'text',
    asset: 'text',
    amount: 'integer',
    source: 'text',
    kind: 'text',
    copy_id: 'text',
    occurred_at: 'time',
    posted_at: 'time',
  },
  orderBy: 'seq, line',
};

/**
 * What an archive holds, a file per table. Nothing personal, which stands in no file: names, addresses and what wallets signed are left out, and read through
 * the API. No secret, sealed or not.
 */
const ARCHIVE: Readonly<Record<string, ArchiveTable>> = {
  leaders: described(tables.leaders, 'id'),
  leader_terms: described(tables.leaderTerms, 'leader_id, version'),
  followers: described(tables.followers, 'id', ['external_ref']),
  venue_accounts: described(tables.venueAccounts, 'id', [
    'address',
    'master_address',
    'agent_address',
    'agent_name',
    'sealed_agent_key',
    'approvals',
    // What a venue said may name the address.
    'status_reason',
  ]),
  entitlements: described(tables.entitlements, 'id'),
  copies: described(tables.copies, 'id'),
  copy_settings: described(tables.copySettings, 'copy_id, version'),
  copy_consents: described(tables.copyConsents, 'copy_id, version'),
  copy_positions: described(tables.copyPositions, 'copy_no, coin'),
  orders: described(tables.orders, 'created_at, id'),
  fills: described(tables.fills, 'created_at, id'),
  ledger_entries: LEDGER,
  fee_schedules: described(tables.feeSchedules, 'version'),
  settlements: described(tables.settlements, 'period_end'),
  commands: described(tables.commands, 'no', ['payload', 'result']),
  events: described(tables.events, 'epoch, seq'),
  audit_log: described(tables.auditLog, 'created_at, id'),
  api_keys: described(tables.apiKeys, 'id'),
};

/** The tables of an archive, by name. */
export const ARCHIVE_TABLES: readonly string[] = Object.keys(ARCHIVE);

/** How a table of an archive is written; null: it is none. */
export const archiveTable = (name: string): ArchiveTable | null => (Object.hasOwn(ARCHIVE, name) ? (ARCHIVE[name] ?? null) : null);

/** Rows of a table of an archive as texts by column, in the order of its key. Times are wire times; one stream at a time per unit. */
export async function* archiveRowsOf(
  unit: ScopedSql,
  name: string,
  { columns, orderBy }: ArchiveTable,
): AsyncGenerator<Readonly<Record<string, string | null>>> {
  const cells = Object.entries(columns).map(([column, kind]) =>
    kind === 'time' ? `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}` : `${column}::text as ${column}`,
  );
  const statement = `select ${cells.join(', ')} from ${name} r where r.tenant_id = $1 and r.environment = $2 order by ${orderBy
    .split(', ')
    .map((column) => `r.${column}`)
    .join(', ')}`;
  for await (const row of streamRows(unit, statement, [])) yield textsOf(row);
}

const textsOf = (row: SqlRow): Readonly<Record<string, string | null>> =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, typeof value === 'string' ? value : null]));
