import type { TenantScope, VenueAccountId } from '@lockstep/kernel';
import { keyIdOfBox, makeSealingKeys, opener, type SealingKeys, sealer, sealingContext } from '@lockstep/platform';
import { type Storage, sealCounts } from '@lockstep/storage';
import { openTestStorage, type TestStorage } from '@lockstep/storage/testing/test-storage';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reseal } from './reseal';

let test: TestStorage;
let engine: Storage;
let gateway: Storage;
let [old, fresh]: readonly [SealingKeys, SealingKeys] = [makeSealingKeys(), makeSealingKeys()];

beforeAll(async () => {
  test = await openTestStorage();
  [engine, gateway] = [await test.as('engine'), await test.as('app')];
});
afterAll(() => test.close());
// What earlier tests left is sealed for keys nobody holds any more.
beforeEach(() => {
  [old, fresh] = [makeSealingKeys(), makeSealingKeys()];
});

const idOf = ({ publicKey }: SealingKeys): string => sealer(publicKey).keyId;
const secretOf = (account: number): Uint8Array => new Uint8Array(32).fill(account + 1);
const contextOf = ({ tenantId, environment }: TenantScope, id: VenueAccountId): string => sealingContext(tenantId, environment, id);
let addresses = 0;
function address(): string {
  addresses += 1;
  return `0x${addresses.toString(16).padStart(40, '0')}`;
}

function box(scope: TenantScope, id: VenueAccountId, secret: Uint8Array, keys: SealingKeys): Buffer {
  return Buffer.from(sealer(keys.publicKey).seal(secret, contextOf(scope, id)));
}

/** Accounts with a key each, and every third with a former one beside it, all sealed with the old key. */
async function accounts(scope: TenantScope, count: number, status: 'active' | 'closed' = 'active'): Promise<readonly VenueAccountId[]> {
  const times = { createdAt: test.clock.now(), updatedAt: test.clock.now() };
  return gateway.scoped(scope, async (unit) => {
    const followerId = test.ids.next('follower');
    await unit.followers.insert({ id: followerId, externalRef: null, status: 'active', ...times });
    const ids = Array.from({ length: count }, () => test.ids.next('venueAccount'));
    for (const [index, id] of ids.entries()) {
      await unit.venueAccounts.insert({
        id,
        followerId,
        venue: 'hyperliquid',
        network: 'sim',
        address: address(),
        accountType: 'main',
        masterAddress: null,
        mode: 'standard',
        agentAddress: address(),
        agentName: null,
        sealedAgentKey: box(scope, id, secretOf(index), old),
        agentStatus: 'approved',
        agentValidUntil: null,
        builderAddress: null,
        builderFeeApproved: 0,
        approvals: {},
        status,
        statusReason: null,
        ...times,
      });
      if (index % 3 === 0)
        await unit.spareAgents.put({
          venueAccountId: id,
          role: 'former',
          agentAddress: address(),
          agentName: null,
          sealedAgentKey: box(scope, id, secretOf(index + 100), old),
          createdAt: times.createdAt,
        });
    }
    return ids;
  });
}

const countsOf = async (keys: SealingKeys) => (await sealCounts(engine)).find(({ keyId }) => keyId === idOf(keys)) ?? null;

/** Every key of these accounts opens with the new key alone, and is what it was. */
async function proveAnew(scope: TenantScope, ids: readonly VenueAccountId[]): Promise<void> {
  const own = opener([fresh.privateKey]);
  await engine.scoped(scope, async (unit) => {
    for (const [index, id] of ids.entries()) {
      const row = await unit.venueAccounts.findOne({ id });
      expect(own.open(row?.sealedAgentKey ?? new Uint8Array(), contextOf(scope, id))).toEqual({ ok: true, value: secretOf(index) });
      const former = await unit.spareAgents.findOne({ venueAccountId: id });
      if (former !== null) expect(own.open(former.sealedAgentKey, contextOf(scope, id))).toEqual({ ok: true, value: secretOf(index + 100) });
    }
  });
}

describe('sealing agent keys anew', () => {
  it.each([1, 2, 7, 500])('reaches every box of every tenant, closed accounts too, in batches of %i', async (batchMax) => {
    const [red, blue] = [await test.tenant('Red', 'live'), await test.tenant('Blue', 'test')];
    const [ofRed, ofBlue] = [await accounts(red, 10), await accounts(blue, 3, 'closed')];
    expect(await countsOf(old)).toEqual({ keyId: idOf(old), boxes: 18, inUse: 14 });
    const report = await reseal(engine, [fresh.privateKey, old.privateKey], { batchMax });
    expect(report).toMatchObject({ resealed: 18, overtaken: 0 });
    expect([await countsOf(old), await countsOf(fresh)]).toEqual([null, { keyId: idOf(fresh), boxes: 18, inUse: 14 }]);
    await proveAnew(red, ofRed);
    await proveAnew(blue, ofBlue);
  });

  it('does nothing twice', async () => {
    await accounts(await test.tenant('Twice'), 4);
    const keys = [fresh.privateKey, old.privateKey];
    expect((await reseal(engine, keys, { batchMax: 3 })).resealed).toBe(6);
    expect((await reseal(engine, keys, { batchMax: 3 })).resealed).toBe(0);
  });

  it('that dies after a batch keeps what is committed, and the next run does the rest', async () => {
    const scope = await test.tenant('Dying');
    const ids = await accounts(scope, 9);
    const keys = [fresh.privateKey, old.privateKey];
    const dying = reseal(engine, keys, {
      batchMax: 4,
      onBatch: () => {
        throw new Error('killed');
      },
    });
    await expect(dying).rejects.toThrow('killed');
    expect([(await countsOf(fresh))?.boxes, (await countsOf(old))?.boxes]).toEqual([4, 8]);
    expect((await reseal(engine, keys, { batchMax: 4 })).resealed).toBe(8);
    await proveAnew(scope, ids);
  });

  it('leaves boxes that no key of ours opens as they are, and tells of which key they are', async () => {
    const scope = await test.tenant('Unopened');
    const ids = await accounts(scope, 3);
    const before = await engine.scoped(scope, (unit) => unit.venueAccounts.find({}));
    const report = await reseal(engine, [fresh.privateKey], { batchMax: 2 });
    expect(report.unopened.get(idOf(old))).toBe(4);
    expect(await countsOf(fresh)).toBeNull();
    const after = await engine.scoped(scope, (unit) => unit.venueAccounts.find({}));
    expect(after.map(({ sealedAgentKey }) => sealedAgentKey)).toEqual(before.map(({ sealedAgentKey }) => sealedAgentKey));
    expect(ids).toHaveLength(3);
  });

  it('leaves a box that was moved to another account as it is', async () => {
    const scope = await test.tenant('Moved');
    const [one, other] = await accounts(scope, 2);
    const foreign = await engine.scoped(scope, (unit) => unit.venueAccounts.findOne(other === undefined ? {} : { id: other }));
    await engine.scoped(scope, (unit) =>
      unit.venueAccounts.update(one === undefined ? {} : { id: one }, { sealedAgentKey: foreign?.sealedAgentKey ?? Buffer.alloc(0) }),
    );
    const report = await reseal(engine, [fresh.privateKey, old.privateKey], { batchMax: 10 });
    expect(report.unopened.get(idOf(old))).toBe(1);
  });

  it('loses no key that an engine or a gateway writes meanwhile, and ends with none under the old one', async () => {
    const scope = await test.tenant('Under load');
    const ids = await accounts(scope, 20);
    const expected = new Map(ids.map((id, index) => [id, secretOf(index)]));
    let wrote = 0;
    /** As an approved renewal does: the agent's key becomes another, sealed by a gateway that has the old key or the new one. */
    const renew = async (index: number): Promise<void> => {
      const id = ids[index % ids.length];
      if (id === undefined) return;
      const secret = new Uint8Array(32).fill(150 + (wrote % 100));
      wrote += 1;
      expected.set(id, secret);
      await engine.scoped(scope, (unit) =>
        unit.venueAccounts.update({ id }, { sealedAgentKey: box(scope, id, secret, wrote % 2 === 0 ? old : fresh) }),
      );
    };
    let batches = 0;
    const report = await reseal(engine, [fresh.privateKey, old.privateKey], {
      batchMax: 3,
      onBatch: async () => {
        // The first pass is written into everywhere, behind it and before it.
        batches += 1;
        if (batches <= 6) for (const index of [batches, batches * 3, batches * 7]) await renew(index);
      },
    });
    expect(wrote).toBe(18);
    expect(report.resealed).toBeGreaterThanOrEqual(20);
    expect(await countsOf(old)).toBeNull();
    const own = opener([fresh.privateKey]);
    await engine.scoped(scope, async (unit) => {
      for (const id of ids) {
        const row = await unit.venueAccounts.findOne({ id });
        expect(own.open(row?.sealedAgentKey ?? new Uint8Array(), contextOf(scope, id))).toEqual({ ok: true, value: expected.get(id) });
      }
    });
  });

  it('gives way to a writer that was quicker between the look and the replacement', async () => {
    const scope = await test.tenant('Overtaken');
    const [id] = await accounts(scope, 1);
    if (id === undefined) throw new Error('an account');
    const sealed = box(scope, id, secretOf(77), fresh);
    const stood = await engine.scoped(scope, async (unit) => (await unit.seals.others(idOf(fresh), null, 10)).find(({ role }) => role === null));
    await engine.scoped(scope, (unit) => unit.venueAccounts.update({ id }, { sealedAgentKey: sealed }));
    if (stood === undefined) throw new Error('a box');
    expect(await engine.scoped(scope, (unit) => unit.seals.replace(stood, box(scope, id, secretOf(0), fresh)))).toBe(false);
    const row = await engine.scoped(scope, (unit) => unit.venueAccounts.findOne({ id }));
    expect(row?.sealedAgentKey.equals(sealed)).toBe(true);
    expect(keyIdOfBox(sealed)).toBe(idOf(fresh));
  });
});
