import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARCHIVE_TABLES, archiveTable } from './archive';

/** Columns that hold a secret or lead to a person, by what they are called. */
const KEPT_BACK = /sealed|secret|digest|address|external|approvals|payload|detail_text|agent_name/;

describe('the columns of an archive', () => {
  it('are these; whoever adds one to a table decides here whether it leaves the house', async () => {
    const columns = Object.fromEntries(ARCHIVE_TABLES.map((name) => [name, Object.keys(archiveTable(name)?.columns ?? {}).join(' ')]));
    await expect(`${JSON.stringify(columns, null, 1)}\n`).toMatchFileSnapshot(join(__dirname, 'archive.columns.json'));
  });

  it('hold no secret and nothing personal by their names', () => {
    const named = ARCHIVE_TABLES.flatMap((name) => Object.keys(archiveTable(name)?.columns ?? {}).map((column) => `${name}.${column}`));
    expect(named.filter((name) => KEPT_BACK.test(name))).toEqual([
      'venue_accounts.builder_address',
      'fee_schedules.builder_address',
      // The chain of the audit log proves itself by it.
      'audit_log.digest',
      'api_keys.allowed_addresses',
    ]);
  });

  it('are of tables that there are', () => {
    expect(archiveTable('key_index')).toBeNull();
    expect(archiveTable('toString')).toBeNull();
  });
});
