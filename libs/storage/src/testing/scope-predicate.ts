import * as tables from '../tables';

/** Tables reached only inside a scope, beside those with a row type. */
const FURTHER_TENANT_TABLES = [
  'command_heads',
  'event_streams',
  'idempotency_keys',
  'export_chunks',
  'ledger_heads',
  'ledger_transactions',
  'ledger_entries',
  'stream_tickets',
  'used_signatures',
  'request_counts',
  'funding_readings',
  'follower_closes',
  'internal_crosses',
];
/** They have an environment, and are read before a scope is known, or belong to nobody. */
const OUTSIDE_OF_SCOPES = ['domains', 'key_index', 'platform_flags', 'venue_networks'];
const TENANT_TABLES = [
  ...Object.values(tables)
    .filter((table) => 'environment' in table.columns && !OUTSIDE_OF_SCOPES.includes(table.name))
    .map((table) => table.name),
  ...FURTHER_TENANT_TABLES,
];

interface Reference {
  readonly table: string;
  readonly alias: string;
  readonly verb: string;
}

/** Tenant tables a statement reads or writes, with their aliases. */
export function references(sql: string): readonly Reference[] {
  const pattern = /\b(from|join|update|into)\s+([a-z_]+)(?:\s+(?:as\s+)?([a-z]{1,2})\b(?!\())?/gi;
  return [...sql.matchAll(pattern)]
    .map((match) => ({ verb: (match[1] ?? '').toLowerCase(), table: match[2] ?? '', alias: match[3] ?? '' }))
    .filter((reference) => TENANT_TABLES.includes(reference.table));
}

/** Why a statement is not bound to its scope; null when it is. */
export function unscoped(sql: string): string | null {
  for (const { verb, table, alias } of references(sql)) {
    if (verb === 'into') {
      if (!new RegExp(`into ${table}\\s*(as \\w+ )?\\(\\s*tenant_id,\\s*environment`, 'i').test(sql))
        return `insert into ${table} does not begin with its scope`;
      continue;
    }
    const prefix = alias === '' || ['on', 'as', 'is', 'or', 'by'].includes(alias) ? '' : `${alias}\\.`;
    const names = (column: string): boolean => new RegExp(`(^|[\\s(])${prefix}${column}\\s*=`, 'i').test(sql);
    if (!names('tenant_id') || !names('environment')) return `${table} is reached without tenant and environment`;
  }
  return null;
}
