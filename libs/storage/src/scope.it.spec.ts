import { type TenantScope, unwrap } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { constraintOf, sqlState } from './failures';
import { MAIN_ACCOUNT } from './rows/roster';
import type { Storage } from './storage';
import { openTestStorage, type TestStorage } from './testing/test-storage';

let test: TestStorage;
let app: Storage;
let red: TenantScope;
let blue: TenantScope;
let redTest: TenantScope;

beforeAll(async () => {
  test = await openTestStorage();
  app = await test.as('app');
  red = await test.tenant('Red');
  blue = await test.tenant('Blue');
  redTest = { ...red, environment: 'test' };
});
afterAll(() => test.close());

const follower = (id = test.ids.next('follower')) => ({ id, externalRef: null, status: 'active' as const, createdAt: 1, updatedAt: 1 });

describe('a scoped unit', () => {
  it('shows its own rows only, by tenant and by environment', async () => {
    const row = follower();
    await app.scoped(red, (unit) => unit.followers.insert(row));
    expect(await app.scoped(red, (unit) => unit.followers.findOne({ id: row.id }))).toMatchObject({ id: row.id, tenantId: red.tenantId });
    expect(await app.scoped(blue, (unit) => unit.followers.findOne({ id: row.id }))).toBeNull();
    expect(await app.scoped(redTest, (unit) => unit.followers.findOne({ id: row.id }))).toBeNull();
  });

  it('over the whole scope never joins row by row, even tables the planner takes for empty; other units are as before', async () => {
    const join =
      'explain select a.id from followers a join followers b on a.tenant_id = b.tenant_id and a.environment = b.environment and a.id = b.id';
    const plan = await app.scoped(red, (unit) => unit.query(join), { wholeScope: true });
    expect(JSON.stringify(plan)).not.toContain('Nested Loop');
    expect(await app.scoped(red, (unit) => unit.query('show enable_nestloop'))).toEqual([{ enable_nestloop: 'on' }]);
  });

  it('is held by row-level security even where a statement forgets its condition', async () => {
    await app.scoped(red, (unit) => unit.followers.insert(follower()));
    const seen = await app.scoped(blue, (unit) => unit.query('select distinct tenant_id from followers'));
    expect(seen.filter((row) => row.tenant_id !== blue.tenantId)).toEqual([]);
    const changed = await app.scoped(blue, (unit) => unit.execute(`update followers set status = 'closed'`));
    expect(changed).toBe(0);
  });

  it('cannot write a row of another tenant', async () => {
    const attempt = app.scoped(blue, (unit) =>
      unit.execute(
        `insert into followers (tenant_id, environment, id, status, created_at, updated_at) values ($1, 'live', $2, 'active', now(), now())`,
        [red.tenantId, test.ids.next('follower')],
      ),
    );
    await expect(attempt).rejects.toSatisfy((failure) => sqlState(failure) === '42501');
  });

  it('cannot refer to a row of another tenant', async () => {
    const foreign = follower();
    await app.scoped(red, (unit) => unit.followers.insert(foreign));
    const attempt = app.scoped(blue, (unit) =>
      unit.venueAccounts.insert({
        id: test.ids.next('venueAccount'),
        followerId: foreign.id,
        venue: 'hyperliquid',
        network: 'sim',
        address: `0x${'1'.repeat(40)}`,
        ...MAIN_ACCOUNT,
        mode: 'unknown',
        agentAddress: `0x${'2'.repeat(40)}`,
        sealedAgentKey: Buffer.from('sealed'),
        agentStatus: 'awaiting_signature',
        agentValidUntil: null,
        builderAddress: null,
        builderFeeApproved: 0,
        approvals: {},
        status: 'pending',
        statusReason: null,
        createdAt: 1,
        updatedAt: 1,
      }),
    );
    await expect(attempt).rejects.toSatisfy((failure) => constraintOf(failure) === 'venue_accounts_tenant_id_environment_follower_id_fkey');
  });

  it('cannot change the scope of a row', async () => {
    const row = follower();
    await app.scoped(red, (unit) => unit.followers.insert(row));
    const change = { status: 'suspended' as const, tenantId: blue.tenantId };
    await app.scoped(red, (unit) => unit.followers.update({ id: row.id }, change));
    expect(await app.scoped(red, (unit) => unit.followers.findOne({ id: row.id }))).toMatchObject({ status: 'suspended', tenantId: red.tenantId });
  });

  it('sees its tenant’s contract, no other’s, and writes none; the operator’s units see and write all', async () => {
    const terms = { version: 1, operatorShare: 0n, builderAddress: null, actor: 'operator:test', createdAt: 1 };
    for (const { tenantId } of [red, blue]) await app.platform((unit) => unit.contracts.insert({ tenantId, ...terms }));
    expect((await app.platform((unit) => unit.contracts.allInForce())).size).toBe(2);
    for (const scope of [blue, { ...blue, environment: 'test' as const }]) {
      expect([...(await app.scoped(scope, (unit) => unit.contracts.allInForce())).keys()]).toEqual([blue.tenantId]);
      expect(await app.scoped(scope, (unit) => unit.contracts.inForce(red.tenantId))).toBeNull();
      const attempt = app.scoped(scope, (unit) => unit.contracts.insert({ tenantId: scope.tenantId, ...terms, version: 2 }));
      await expect(attempt).rejects.toSatisfy((failure) => sqlState(failure) === '42501');
    }
  });

  it('leaves nothing of its scope on the connection', async () => {
    await app.scoped(red, (unit) => unit.followers.insert(follower()));
    const units = Array.from({ length: 16 }, () => app.platform((unit) => unit.query('select id from followers')));
    expect((await Promise.all(units)).flat()).toEqual([]);
  });

  it('refuses a scope that is not one', async () => {
    const forged = Object.assign({ ...red }, { environment: "live'; drop table followers; --" as TenantScope['environment'] });
    await expect(app.scoped(forged, async () => 1)).rejects.toThrow('known environment');
  });
});

describe('the end of a unit', () => {
  it('rolls everything back when its work throws, and gives the connection back', async () => {
    const row = follower();
    for (let round = 0; round < 20; round += 1) {
      const attempt = app.scoped(red, async (unit) => {
        await unit.followers.insert({ ...row, id: test.ids.next('follower') });
        throw new Error('stop');
      });
      await expect(attempt).rejects.toThrow('stop');
    }
    const before = await app.scoped(red, (unit) => unit.followers.count({}));
    await app.scoped(red, (unit) => unit.followers.insert(row));
    expect(await app.scoped(red, (unit) => unit.followers.count({}))).toBe(before + 1);
  });

  it('rolls back and still returns a value when discarded', async () => {
    const row = follower();
    const value = await app.scoped(red, async (unit) => {
      await unit.followers.insert(row);
      unit.discard();
      return 'answer';
    });
    expect(value).toBe('answer');
    expect(await app.scoped(red, (unit) => unit.followers.findOne({ id: row.id }))).toBeNull();
  });

  it('runs hooks after the commit and only then', async () => {
    const seen: (boolean | string)[] = [];
    const row = follower();
    await app.scoped(red, async (unit) => {
      unit.afterCommit(async () => {
        const found = await app.scoped(red, (other) => other.followers.findOne({ id: row.id }));
        seen.push(found !== null);
      });
      await unit.followers.insert(row);
    });
    await app.scoped(red, async (unit) => {
      unit.afterCommit(() => {
        seen.push('never');
      });
      unit.discard();
    });
    expect(seen).toEqual([true]);
  });

  it('tells a conflict as a value once its retries are used up', async () => {
    const row = follower();
    await app.scoped(red, (unit) => unit.followers.insert(row));
    let runs = 0;
    const result = await app.tryScoped(
      red,
      async (unit) => {
        runs += 1;
        await unit.followers.findOne({ id: row.id });
        // Another unit changes the row after our snapshot was taken.
        await app.scoped(red, (other) => other.followers.update({ id: row.id }, { updatedAt: runs }));
        await unit.followers.update({ id: row.id }, { status: 'suspended' });
      },
      { isolation: 'repeatable read' },
    );
    expect(result).toEqual({ ok: false, error: 'conflict' });
    expect(runs).toBe(4);
    expect(unwrap(await app.tryScoped(red, async () => 7), 'no conflict')).toBe(7);
  });

  it('refuses writes in a read-only unit', async () => {
    const attempt = app.scoped(red, (unit) => unit.followers.insert(follower()), { readOnly: true });
    await expect(attempt).rejects.toSatisfy((failure) => sqlState(failure) === '25006');
  });
});
