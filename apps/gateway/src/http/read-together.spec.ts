import type { TenantScope } from '@lockstep/kernel';
import { DatabaseAwayError, type ScopedUnit, type Storage } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { ReadTogether } from './read-together';

const scopeOf = (tenantId: string, environment: 'test' | 'live' = 'live'): TenantScope =>
  scopeFromPlatformList(tenantId as TenantScope['tenantId'], environment);
const ACME = scopeOf('ten_acme');
const OTHER = scopeOf('ten_other');

/** Objects of scopes, and what each unit of work was asked for. */
function reader(present: (id: string) => string | null = (id) => id.toUpperCase(), failure: unknown = null) {
  const units: string[] = [];
  const scoped: Storage['scoped'] = async (scope, work) => {
    const unit = { scope } as ScopedUnit;
    return work(unit);
  };
  const objects = new ReadTogether<string>({ scoped }, async ({ scope }, ids) => {
    units.push(`${scope.tenantId} ${scope.environment}: ${ids.join(' ')}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (failure !== null) throw failure;
    return new Map(ids.flatMap((id) => ((body) => (body === null ? [] : [[id, `${scope.tenantId}/${body}`] as const]))(present(id))));
  });
  return { units, objects };
}

describe('objects that are read together', () => {
  it('are read in one unit of their scope, and never in one with those of another', async () => {
    const { units, objects } = reader();
    const asked = [objects.find(ACME, 'a'), objects.find(OTHER, 'a'), objects.find(ACME, 'b'), objects.find(scopeOf('ten_acme', 'test'), 'b')];
    expect(await Promise.all(asked)).toEqual(['ten_acme/A', 'ten_other/A', 'ten_acme/B', 'ten_acme/B']);
    expect([...units].sort()).toEqual(['ten_acme live: a b', 'ten_acme test: b', 'ten_other live: a']);
  });

  it('are absent where there are none, beside others that are there', async () => {
    const { objects } = reader((id) => (id === 'none' ? null : id));
    expect(await Promise.all([objects.find(ACME, 'none'), objects.find(ACME, 'a')])).toEqual([null, 'ten_acme/a']);
  });

  it('are each read alone where one of them cannot be read: it alone fails', async () => {
    const broken = new Error('a row that cannot be read');
    const { units, objects } = reader((id) => {
      if (id === 'broken') throw broken;
      return id === 'none' ? null : id;
    });
    const asked = ['a', 'broken', 'none', 'b'].map((id) => objects.find(ACME, id));
    const ended = await Promise.allSettled(asked);
    expect(ended.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual(['ten_acme/a', broken, null, 'ten_acme/b']);
    expect(units).toHaveLength(5);
  });

  it('are not asked for again where the database is away', async () => {
    const away = new DatabaseAwayError(new Error('gone'));
    const { units, objects } = reader(undefined, away);
    const ended = await Promise.allSettled([objects.find(ACME, 'a'), objects.find(ACME, 'b')]);
    expect(ended.map((one) => (one.status === 'rejected' ? one.reason : one.value))).toEqual([away, away]);
    expect(units).toHaveLength(1);
  });

  it('leave nothing of their scopes behind, read, absent or failed', async () => {
    const { objects } = reader((id) => {
      if (id === 'broken') throw new Error('a row that cannot be read');
      return id === 'none' ? null : id;
    });
    const asked = ['a', 'broken', 'none'].flatMap((id) => [objects.find(ACME, id), objects.find(OTHER, id)]);
    expect(objects.waitingScopes).toBe(2);
    await Promise.allSettled(asked);
    expect(objects.waitingScopes).toBe(0);
  });

  it('are each read alone where their unit took too long: whose own read is quick gets it', async () => {
    const slow = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
    const { objects } = reader((id) => {
      if (id === 'slow') throw slow;
      return id;
    });
    const ended = await Promise.allSettled([objects.find(ACME, 'slow'), objects.find(ACME, 'a')]);
    expect(ended.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual([slow, 'ten_acme/a']);
  });

  it('are read anew for whoever asks later', async () => {
    let no = 0;
    const { objects } = reader((id) => `${id}${++no}`);
    expect(await objects.find(ACME, 'a')).toBe('ten_acme/a1');
    expect(await objects.find(ACME, 'a')).toBe('ten_acme/a2');
  });

  it('are bounded in each unit', async () => {
    const { units, objects } = reader();
    const ids = Array.from({ length: 70 }, (_, no) => `c${no}`);
    expect(await Promise.all(ids.map((id) => objects.find(ACME, id)))).toHaveLength(70);
    expect(units.map((one) => one.split(': ')[1]?.split(' ').length)).toEqual([32, 32, 6]);
  });
});
