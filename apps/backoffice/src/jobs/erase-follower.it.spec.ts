import type { FollowerId, TenantScope } from '@lockstep/kernel';
import { eraseFollowerJob } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitsForALock } from '../../../../libs/storage/src/testing/lock-waits';
import { openTestStorage, type TestStorage } from '../../../../libs/storage/src/testing/test-storage';
import { type TestContext, testContext } from '../testing/test-context';
import { carryOutErasure, eraseAndTell } from './erase-follower';
import { JobRunner } from './runner';

let test: TestStorage;
let ctx: TestContext;
beforeAll(async () => {
  test = await openTestStorage();
  ctx = await testContext(test);
});
afterAll(() => test.close());

/** A follower whose erasure a gateway has written down, with a sealed name and the job. */
async function asked(scope: TenantScope): Promise<FollowerId> {
  const app = await test.as('app');
  const followerId = test.ids.next('follower');
  await app.scoped(scope, async (unit) => {
    await unit.followers.insert({ id: followerId, externalRef: 'of before', status: 'closed', createdAt: unit.now, updatedAt: unit.now });
    await unit.followerKeys.insert({ followerId, sealedKey: Buffer.from('key'), createdAt: unit.now });
    await unit.followerRefs.insert({ followerId, sealedRef: Buffer.from('name'), digest: Buffer.from(followerId) });
    await unit.followerErasures.insert({ followerId, actor: 'key_1', askedAt: unit.now, erasedAt: null, waitsFor: null });
    await unit.jobs.enqueue(eraseFollowerJob(test.ids, unit.now, { followerId }));
  });
  return followerId;
}

/** Something that one side waits for and the other gives. */
function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

async function standing(scope: TenantScope, followerId: FollowerId) {
  return (await test.as('app')).scoped(scope, async (unit) => ({
    name: (await unit.followers.findOne({ id: followerId }))?.externalRef ?? null,
    keys: (await unit.followerKeys.of([followerId])).size + (await unit.followerRefs.of([followerId])).size,
    erasedAt: (await unit.followerErasures.findOne({ followerId }))?.erasedAt ?? null,
    events: Number((await unit.events.head())?.seq ?? 0n),
    lines: (await unit.audit.page({ limit: 10, after: null, order: 'newest_first' }, { action: 'follower.erased' })).rows.length,
  }));
}

describe('the job of an erasure', () => {
  it('erases, tells by an event and a line of the audit log, and ends', async () => {
    const scope = await test.tenant('Erased');
    const id = await asked(scope);
    const runner = new JobRunner(ctx);
    await runner.startDue(scope);
    while (runner.busy > 0) await runner.oneEnded();
    expect(await standing(scope, id)).toEqual({ name: null, keys: 0, erasedAt: test.clock.now(), events: 1, lines: 1 });
    const page = { limit: 1, after: null, order: 'newest_first' } as const;
    const told = await (await test.as('app')).scoped(scope, (unit) => unit.audit.page(page, { action: 'follower.erased' }));
    expect(told.rows).toMatchObject([{ targetId: id, before: { erased_at: null }, after: { erased_at: expect.stringMatching(/Z$/) } }]);
    expect(ctx.woken).toContain(`events ${scope.tenantId}|${scope.environment}`);
    expect(await (await test.as('backoffice')).scoped(scope, (unit) => unit.audit.head())).toMatchObject({ no: 1n });
  });

  it('that dies before its commit has erased nothing, and done again after one it changes nothing', async () => {
    const scope = await test.tenant('Dying');
    const id = await asked(scope);
    const dying = ctx.storage.scoped(scope, async (unit) => {
      await eraseAndTell(ctx, unit, id);
      throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
    expect(await standing(scope, id)).toEqual({ name: 'of before', keys: 2, erasedAt: null, events: 0, lines: 0 });
    expect(await carryOutErasure(ctx, scope, id)).toEqual({ ok: true, value: 'erased' });
    expect(await carryOutErasure(ctx, scope, id)).toEqual({ ok: true, value: 'nothing' });
    expect(await standing(scope, id)).toMatchObject({ name: null, keys: 0, events: 1, lines: 1 });
  });

  it('is done once by two back offices at the same moment', async () => {
    const scope = await test.tenant('Twice');
    const id = await asked(scope);
    const both = await Promise.all([carryOutErasure(ctx, scope, id), carryOutErasure(ctx, scope, id)]);
    expect(both.map((one) => one.ok && one.value).sort()).toEqual(['erased', 'nothing']);
    expect(await standing(scope, id)).toMatchObject({ events: 1, lines: 1 });
  });

  it('waits for a gateway that seals an earlier name in the same moment, and leaves neither the name nor its key', async () => {
    const scope = await test.tenant('Sealing');
    const app = await test.as('app');
    const id = test.ids.next('follower');
    await app.scoped(scope, async (unit) => {
      await unit.followers.insert({ id, externalRef: 'of before', status: 'closed', createdAt: unit.now, updatedAt: unit.now });
      await unit.followerErasures.insert({ followerId: id, actor: 'key_1', askedAt: unit.now, erasedAt: null, waitsFor: null });
    });
    const [held, goesOn] = [signal(), signal()];
    const sealing = app.scoped(scope, async (unit) => {
      expect(await unit.followers.plain(10)).toHaveLength(1);
      held.give();
      await goesOn.given;
      await unit.followerKeys.insert({ followerId: id, sealedKey: Buffer.from('key'), createdAt: unit.now });
      await unit.followerRefs.insert({ followerId: id, sealedRef: Buffer.from('name'), digest: Buffer.from(id) });
      await unit.followers.update({ id }, { externalRef: null });
    });
    await held.given;
    const erasing = carryOutErasure(ctx, scope, id);
    await waitsForALock(test.ownerUrl);
    goesOn.give();
    await sealing;
    expect(await erasing).toEqual({ ok: true, value: 'erased' });
    expect(await standing(scope, id)).toMatchObject({ name: null, keys: 0, erasedAt: test.clock.now() });
  });

  it('erases nobody for whom nobody asked, and nothing of another tenant', async () => {
    const [scope, other] = [await test.tenant('Asked'), await test.tenant('Other')];
    const [id, theirs] = [await asked(scope), await asked(other)];
    const app = await test.as('app');
    const free = test.ids.next('follower');
    await app.scoped(scope, async (unit) => {
      await unit.followers.insert({ id: free, externalRef: 'free', status: 'active', createdAt: unit.now, updatedAt: unit.now });
    });
    for (const one of [free, theirs]) expect(await carryOutErasure(ctx, scope, one)).toEqual({ ok: true, value: 'nothing' });
    expect((await standing(scope, free)).name).toBe('free');
    expect(await standing(other, theirs)).toMatchObject({ name: 'of before', keys: 2, erasedAt: null });
    expect((await standing(scope, id)).erasedAt).toBeNull();
  });
});
