import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from './test-database';

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('test databases', () => {
  it('are empty, apart from each other, and gone when dropped', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await query(one.url, 'create table mine (id int)');
    expect(await query(two.url, "select to_regclass('mine') as found")).toEqual([{ found: null }]);
    await one.drop();
    await expect(query(one.url, 'select 1')).rejects.toThrow('does not exist');
    await two.drop();
  });

  it('copy a template that is prepared once', async () => {
    let prepared = 0;
    const template = {
      name: 'with-a-table',
      prepare: async (url: string) => {
        prepared += 1;
        await query(url, 'create table ready (id int)');
      },
    };
    const [one, two] = [await createTestDatabase({ template }), await createTestDatabase({ template })];
    await query(one.url, 'insert into ready values (1)');
    expect(await query(two.url, 'select count(*)::int as rows from ready')).toEqual([{ rows: 0 }]);
    expect(prepared).toBe(1);
    await Promise.all([one.drop(), two.drop()]);
  });
});
