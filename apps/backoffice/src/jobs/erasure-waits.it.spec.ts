import { type CopyId, type EpochMs, type FollowerId, money, present, type TenantScope, type VenueAccountId } from '@lockstep/kernel';
import { postFunding } from '@lockstep/ledger';
import { clearEvents, closePeriodJob, MONEY_WAIT_MAX_MS, markPeriod, recordFollowerClose, saveFundingReadTimes } from '@lockstep/storage';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAccount, sampleCopy, sampleFills, sampleOrders } from '../../../../libs/storage/src/testing/sample-rows';
import { openTestStorage, type TestStorage } from '../../../../libs/storage/src/testing/test-storage';
import { finishErasures } from '../chores/finish-erasures';
import { type TestContext, testContext } from '../testing/test-context';
import { carryOutErasure } from './erase-follower';
import { JobRunner } from './runner';

const MINUTE_MS = 60_000;
let test: TestStorage;
let ctx: TestContext;
let made = 0;
beforeAll(async () => {
  test = await openTestStorage();
  ctx = await testContext(test);
});
afterAll(() => test.close());

interface Person {
  readonly scope: TenantScope;
  readonly follower: FollowerId;
  readonly account: VenueAccountId;
  readonly accountNo: number;
  readonly copy: CopyId;
  readonly copyNo: bigint;
}

const address = (): string => `0x${String(++made).padStart(40, '0')}`;

/** A follower whose erasure was asked for, with a closed account and a copy that ended. */
async function asked(scope: TenantScope): Promise<Person> {
  const [app, engine] = [await test.as('app'), await test.as('engine')];
  const [leader, follower, account, copy] = [
    test.ids.next('leader'),
    test.ids.next('follower'),
    test.ids.next('venueAccount'),
    test.ids.next('copy'),
  ] as const;
  const watched = await engine.platform((unit) => unit.inbox.watch('hyperliquid', 'mainnet', address()));
  return app.scoped(scope, async (unit) => {
    const times = { createdAt: unit.now, updatedAt: unit.now };
    await unit.leaders.insert({ id: leader, watchedNo: watched.no, name: 'Leader', terms: {}, status: 'active', access: 'everyone', ...times });
    await unit.followers.insert({ id: follower, externalRef: `name of ${follower}`, status: 'closed', ...times });
    const ended = { status: 'closed', statusReason: 'erasure' } as const;
    await unit.venueAccounts.insert(
      sampleAccount({ id: account, followerId: follower, address: address(), agentAddress: address() }, unit.now, ended),
    );
    const of = { id: copy, leaderId: leader, followerId: follower, venueAccountId: account };
    await unit.copies.insert(sampleCopy(of, unit.now, { state: 'stopped', stateReason: 'flat', startedAt: unit.now, stoppedAt: unit.now }));
    await unit.followerErasures.insert({ followerId: follower, actor: 'key_1', askedAt: unit.now, erasedAt: null, waitsFor: null });
    const accountNo = Number(present(await unit.venueAccounts.findOne({ id: account }), 'the account').no);
    return { scope, follower, account, accountNo, copy, copyNo: present(await unit.copies.findOne({ id: copy }), 'the copy').no };
  });
}

/** A trade of the copy's, as the engine books it. */
async function traded({ scope, accountNo, copy, copyNo }: Person, at: EpochMs): Promise<void> {
  const [order] = sampleOrders(test.ids, BigInt(++made), 1, at, { venueAccountNo: BigInt(accountNo), copyNo, copyId: copy });
  await (await test.as('engine')).scoped(scope, (unit) => unit.fills.insert(sampleFills([present(order, 'an order')], at)));
}

/** As the engine writes how far an account's funding is booked. */
const readTo = async ({ scope, accountNo }: Person, readToMs: EpochMs): Promise<void> =>
  (await test.as('engine')).scoped(scope, (unit) => saveFundingReadTimes(unit, [{ venueAccountNo: accountNo, readToMs }]));

async function charged({ scope, copy }: Person, at: EpochMs): Promise<void> {
  const posted = postFunding({ source: `funding:test:${++made}`, copyId: copy, occurredAtMs: at, coin: 'BTC', asset: 'USDC', amount: money(100n) });
  await (await test.as('engine')).scoped(scope, (unit) => unit.ledger.post([present(posted, 'funding above zero is booked')]));
}

async function settle(scope: TenantScope): Promise<void> {
  const wanted = {
    settlementId: test.ids.next('settlement'),
    exportId: test.ids.next('export'),
    periodStartMs: Math.floor(test.clock.now()) - 86_400_000,
    periodEndMs: Math.floor(test.clock.now()),
  };
  await ctx.storage.scoped(scope, async (unit) => {
    await markPeriod(unit, wanted);
    await unit.jobs.enqueue(closePeriodJob(test.ids, unit.now, wanted));
  });
  const runner = new JobRunner(ctx);
  await runner.startDue(scope);
  while (runner.busy > 0) await runner.oneEnded();
}

async function standing({ scope, follower }: Person) {
  return (await test.as('app')).scoped(scope, async (unit) => {
    const erasure = present(await unit.followerErasures.findOne({ followerId: follower }), 'the erasure');
    return {
      waitsFor: erasure.waitsFor,
      erased: erasure.erasedAt !== null,
      named: (await unit.followers.findOne({ id: follower }))?.externalRef !== null,
    };
  });
}

const waits = (waitsFor: string) => ({ waitsFor, erased: false, named: true });
const ERASED = { waitsFor: null, erased: true, named: false };
const look = ({ scope }: Person): Promise<void> => finishErasures.run(ctx, scope);

describe('an erasure', () => {
  it('waits until funding is read up to the last position, then until what came of it is settled, and is carried out', async () => {
    const one = await asked(await test.tenant('Charged'));
    const closedAt = test.clock.now() - 5 * MINUTE_MS;
    await traded(one, closedAt);
    expect(await carryOutErasure(ctx, one.scope, one.follower)).toEqual({ ok: true, value: 'funding' });
    await readTo(one, closedAt);
    await look(one);
    expect(await standing(one)).toEqual(waits('funding'));
    // What was charged before the close comes with the reading that passes it.
    await charged(one, closedAt - MINUTE_MS);
    await readTo(one, closedAt + 1);
    await look(one);
    expect(await standing(one)).toEqual(waits('settlement'));
    await settle(one.scope);
    await look(one);
    expect(await standing(one)).toEqual(ERASED);
    await look(one);
    expect(await standing(one)).toEqual(ERASED);
  });

  it.each([
    ['funding that nobody reads', false],
    ['a settlement that nobody makes', true],
  ])('waits for %s no longer than its bound', async (_what, read) => {
    const one = await asked(await test.tenant(`Bounded ${read}`));
    const at = test.clock.now() - MINUTE_MS;
    await traded(one, at);
    if (read) {
      await charged(one, at);
      await readTo(one, at + 1);
    }
    test.clock.set(test.clock.now() + MONEY_WAIT_MAX_MS - 1);
    await look(one);
    expect(await standing(one)).toEqual(waits(read ? 'settlement' : 'funding'));
    test.clock.set(test.clock.now() + 1);
    await look(one);
    expect(await standing(one)).toEqual(ERASED);
  });

  it('waits for nothing where nothing was traded, where all was read before, for another follower’s account, and for play money', async () => {
    const scope = await test.tenant('Quiet');
    const [quiet, read, other] = [await asked(scope), await asked(scope), await asked(scope)];
    const play = await asked(await test.tenant('Played', 'test'));
    for (const one of [read, other, play]) await traded(one, test.clock.now() - MINUTE_MS);
    await readTo(read, test.clock.now());
    await charged(play, test.clock.now() - MINUTE_MS);
    for (const one of [quiet, read, play]) expect(await carryOutErasure(ctx, one.scope, one.follower)).toEqual({ ok: true, value: 'erased' });
    expect(await carryOutErasure(ctx, scope, other.follower)).toEqual({ ok: true, value: 'funding' });
  });

  it('waits exactly while the reading does not lie behind the last trade, the last close by hand and the end of a copy that left something', async () => {
    const scope = await test.tenant('Moments');
    const minute = fc.option(fc.integer({ min: 1, max: 50 }), { nil: null });
    await fc.assert(
      fc.asyncProperty(fc.record({ fill: minute, close: minute, end: minute, read: minute }), async ({ fill, close, end, read }) => {
        const one = await asked(scope);
        const at = (minutes: number): EpochMs => Math.floor(test.clock.now()) - minutes * MINUTE_MS;
        if (fill !== null) await traded(one, at(fill));
        if (close !== null) await closedByHand(one, at(close));
        if (end !== null) await endedWith(one, at(end));
        if (read !== null) await readTo(one, at(read));
        const moments = [fill, close, end].filter((minutes) => minutes !== null);
        const isRead = moments.every((minutes) => read !== null && at(read) > at(minutes));
        expect(await carryOutErasure(ctx, scope, one.follower)).toEqual({ ok: true, value: isRead ? 'erased' : 'funding' });
      }),
      { numRuns: 40 },
    );
  });
});

describe('an erasure of a follower with many events', () => {
  it('takes the addresses out of all of them, so many in one transaction', async () => {
    const one = await asked(await test.tenant('Told often', 'test'));
    const named = async () =>
      ctx.storage.scoped(one.scope, async (unit) => {
        const { epoch } = present(await unit.events.head(), 'a stream');
        return (await unit.events.after({ epoch, seq: 0n }, 100)).filter(({ data }) => data.includes('0x')).length;
      });
    await (await test.as('engine')).scoped(one.scope, async (unit) => {
      const data = JSON.stringify({ venue_account_id: one.account, reason: `the venue names ${address()}` });
      const told = { type: 'venue_account.changed', version: 1, occurredAt: unit.now, data };
      await unit.events.append(Array.from({ length: 8 }, () => ({ id: test.ids.next('event'), ...told })));
    });
    expect(await ctx.storage.scoped(one.scope, (unit) => clearEvents(unit, one.follower, 3))).toBe(3);
    expect(await named()).toBe(5);
    const bounded: TestContext = { ...ctx, limits: { ...ctx.limits, erasedEventsMax: 2 } };
    expect(await carryOutErasure(bounded, one.scope, one.follower)).toEqual({ ok: true, value: 'erased' });
    expect(await named()).toBe(0);
  });
});

async function closedByHand({ scope, copyNo }: Person, closedAtMs: EpochMs): Promise<void> {
  const engine = await test.as('engine');
  await engine.scoped(scope, (unit) => recordFollowerClose(unit, { copyNo: Number(copyNo), coin: 'BTC', closedAtMs, quantity: -5n }));
}

/** The copy ended then, with a remnant the venue cannot close. */
async function endedWith({ scope, copy, copyNo }: Person, at: EpochMs): Promise<void> {
  await (await test.as('engine')).scoped(scope, async (unit) => {
    await unit.copies.update({ id: copy }, { stoppedAt: at });
    await unit.execute(
      `insert into copy_positions (tenant_id, environment, copy_no, coin, position, target, rho, avg_entry, realised_pnl, fees, funding, forfeited, episode_no,
         user_closed, dust, last_move_id, updated_at)
       values ($1, $2, $3, 'BTC', 5, 0, 0, 0, 0, 0, 0, 0, 1, false, true, 0, $4)`,
      [...unit.scopeParameters, copyNo.toString(), new Date(at)],
    );
  });
}

describe('an engine that starts', () => {
  it('loads the closed accounts of followers whose erasure waits, and no others', async () => {
    const scope = await test.tenant('Loaded');
    const [waiting, erased] = [await asked(scope), await asked(scope)];
    await asked(await test.tenant('Loaded elsewhere'));
    expect(await carryOutErasure(ctx, scope, erased.follower)).toEqual({ ok: true, value: 'erased' });
    const loaded = await (await test.as('engine')).scoped(scope, (unit) => unit.venueAccounts.loadable());
    expect(loaded.map(({ id }) => id)).toEqual([waiting.account]);
  });
});
