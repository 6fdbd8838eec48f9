import { describe, expect, it } from 'vitest';
import { inside } from './within';

const sqlOf = (table: string, kind: 'leader' | 'follower' | 'copy'): string => inside(table, { kind, ids: ['x'] }).sql((index) => `$${index + 3}`);
const OF_COPIES = (column: string): string =>
  `copy_id in (select id from copies where tenant_id = $1 and environment = $2 and ${column} = any($3::text[]))`;

describe('rows within', () => {
  it.each([
    ['copies', 'leader', 'leader_id = any($3::text[])'],
    ['copies', 'copy', 'id = any($3::text[])'],
    ['leaders', 'leader', 'id = any($3::text[])'],
    ['venue_accounts', 'follower', 'follower_id = any($3::text[])'],
    ['orders', 'leader', 'leader_id = any($3::text[])'],
    ['orders', 'follower', OF_COPIES('follower_id')],
    ['fills', 'leader', OF_COPIES('leader_id')],
    ['proposals', 'copy', 'copy_id = any($3::text[])'],
  ] as const)('of %s that belong to a %s are %s', (table, kind, sql) => {
    expect(sqlOf(table, kind)).toBe(sql);
    expect(inside(table, { kind, ids: ['a', 'b'] }).parameters).toEqual([['a', 'b']]);
  });

  it.each([
    ['leaders', 'copy'],
    ['leaders', 'follower'],
    ['venue_accounts', 'leader'],
    ['entitlements', 'copy'],
    ['exports', 'leader'],
    ['audit_log', 'copy'],
  ] as const)('of %s do not tell a %s: that throws', (table, kind) => {
    expect(() => sqlOf(table, kind)).toThrow('do not tell');
  });
});
