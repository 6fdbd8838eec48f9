import { describe, expect, it } from 'vitest';
import type { EngineScopedUnit } from '../../engine-port';
import { crossOf, netOf } from './scoped-writes';
import { agentOf, type Bench, equityOf, fillOf, orderOf, positionOf, type Seat, seatOf } from './seat';

/** 5: what the engine keeps of a scope and reads back. */
export function recordContract(bench: () => Bench): void {
  const run = <T>(seat: Seat, work: (unit: EngineScopedUnit) => Promise<T>): Promise<T> => bench().store.engine.scoped(seat.scope, work);

  describe('5 records of a scope', () => {
    it('5.1 a copy comes with its leader, follower, account, settings in force and equity', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now();
      const bare = {
        no: seat.copyNo,
        id: seat.copyId,
        leaderId: seat.leaderId,
        leaderStatus: 'active',
        leaderTerms: { share: '0.1' },
        leaderAccess: 'everyone',
        consentedTo: 0,
        watchedNo: Number(seat.watchedNo),
        followerId: seat.followerId,
        followerStatus: 'active',
        venueAccountId: seat.accountId,
        venueAccountNo: seat.accountNo,
        allocation: 100_000_000_000n,
        state: 'active',
        stateReason: null,
        settingsVersion: 1,
        settings: { leverage: 5 },
        createdAt: at,
        startedAt: null,
        unwindBy: null,
        equity: null,
      };
      expect(await run(seat, (unit) => unit.records.runningCopy(seat.copyId))).toEqual(bare);
      const { copyNo: _copyNo, unrealised: _unrealised, referenceNav: _referenceNav, ...equity } = equityOf(seat.copyNo);
      await run(seat, async (unit) => {
        await unit.records.saveEquity([equityOf(seat.copyNo)]);
        await unit.copies.update({ id: seat.copyId }, { settingsVersion: 2 });
      });
      expect(await run(seat, (unit) => unit.records.runningCopies())).toEqual([{ ...bare, settingsVersion: 2, settings: null, equity }]);
      expect(await run(seat, (unit) => unit.records.runningCopy(bench().ids.next('copy')))).toBeNull();
    });

    it('5.2 a state is written from the state it changes from, and its first times stand', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now();
      const write = (from: string, state: string, more: { readonly started?: boolean; readonly stopped?: boolean } = {}) =>
        run(seat, (unit) => unit.records.writeCopyState(seat.copyNo, { from, state, reason: state, ...more }));
      expect(await write('paused', 'active')).toBe(false);
      expect(await write('active', 'paused', { started: true })).toBe(true);
      bench().clock.set(at + 5);
      expect(await write('paused', 'active', { started: true })).toBe(true);
      const copy = await run(seat, (unit) => unit.records.runningCopy(seat.copyId));
      expect(copy).toMatchObject({ state: 'active', stateReason: 'active', startedAt: at });
      expect(await write('active', 'stopped', { stopped: true })).toBe(true);
      expect(await run(seat, (unit) => unit.records.runningCopies())).toEqual([]);
      expect(await run(seat, (unit) => unit.records.runningCopy(seat.copyId))).toMatchObject({ state: 'stopped' });
      expect(await run(seat, (unit) => unit.records.writeCopyState(999_999_999, { from: 'active', state: 'paused', reason: null }))).toBe(false);
    });

    it('5.13 a deadline is written with a state, and stands until another is', async () => {
      const seat = await seatOf(bench());
      const write = (from: string, state: string, unwindBy?: number) =>
        run(seat, (unit) => unit.records.writeCopyState(seat.copyNo, { from, state, reason: null, ...(unwindBy === undefined ? {} : { unwindBy }) }));
      const deadline = async () => (await run(seat, (unit) => unit.records.runningCopy(seat.copyId)))?.unwindBy;
      const at = bench().clock.now();
      await write('active', 'unwinding', at + 1_000);
      expect(await deadline()).toBe(at + 1_000);
      await write('unwinding', 'stopping');
      expect(await deadline()).toBe(at + 1_000);
      expect(await write('unwinding', 'stopping', at + 2_000)).toBe(false);
      expect(await deadline()).toBe(at + 1_000);
      await write('stopping', 'unwinding', at + 3_000);
      expect(await run(seat, (unit) => unit.records.runningCopies())).toMatchObject([{ unwindBy: at + 3_000 }]);
    });

    it('5.14 what an ended copy leaves is added to the own part that was compared last, and a later comparison replaces it', async () => {
      const seat = await seatOf(bench());
      const left = (coin: string, quantity: bigint) =>
        run(seat, (unit) => unit.records.addOwnPositions([{ venueAccountNo: seat.accountNo, coin, quantity }]));
      const load = async () => {
        const own = await run(seat, (unit) => unit.records.loadOwnPositions());
        return own.map((row) => `${row.coin} ${row.own}`).sort();
      };
      await run(seat, (unit) => unit.records.saveVenueNets([netOf(seat, 5n, 1_000)]));
      await left('BTC', -8n);
      await left('ETH', 2n);
      await left('ETH', 3n);
      await run(seat, (unit) => unit.records.addOwnPositions([]));
      expect(await load()).toEqual(['BTC -3', 'ETH 5']);
      await run(seat, (unit) => unit.records.saveVenueNets([netOf(seat, 9n, 999), netOf(seat, 7n, 1, 'ETH')]));
      expect(await load()).toEqual(['BTC -3', 'ETH 7']);
      await left('BTC', 3n);
      expect(await load()).toEqual(['ETH 7']);
    });

    it('5.16 what a trade of the follower’s left of the own part replaces it, and a reading older than the one before still does not', async () => {
      const seat = await seatOf(bench());
      const load = () => run(seat, (unit) => unit.records.loadOwnPositions());
      const own = (coin: string, size: bigint) => ({ venueAccountNo: seat.accountNo, coin, own: size });
      await run(seat, (unit) => unit.records.saveVenueNets([netOf(seat, 5n, 1_000)]));
      await run(seat, (unit) => unit.records.saveOwnPositions([own('BTC', -8n), own('ETH', 2n)]));
      await run(seat, (unit) => unit.records.saveOwnPositions([]));
      await run(seat, (unit) => unit.records.saveVenueNets([netOf(seat, 6n, 999)]));
      expect([...(await load())].sort((a, b) => (a.coin < b.coin ? -1 : 1))).toEqual([own('BTC', -8n), own('ETH', 2n)]);
      await run(seat, (unit) => unit.records.saveOwnPositions([own('BTC', 0n)]));
      await run(seat, (unit) => unit.records.saveVenueNets([netOf(seat, 7n, 1, 'ETH')]));
      expect(await load()).toEqual([own('ETH', 7n)]);
    });

    it('5.3 positions come back as they were saved, of copies that are not stopped', async () => {
      const seat = await seatOf(bench());
      const states = [positionOf(seat.copyNo, { owedUntilMs: 5.5 }), positionOf(seat.copyNo, { coin: 'ETH', forfeitReason: null })];
      await run(seat, (unit) => unit.records.savePositionStates(states));
      await run(seat, (unit) => unit.records.savePositionStates([]));
      const load = async () => [...(await run(seat, (unit) => unit.records.loadPositionStates()))].sort((a, b) => (a.coin < b.coin ? -1 : 1));
      expect(await load()).toEqual([{ ...states[0], owedUntilMs: 6 }, states[1]]);
      await run(seat, (unit) =>
        unit.records.addFunding([
          { copyNo: seat.copyNo, coin: 'BTC', amount: -20n },
          { copyNo: seat.copyNo, coin: 'SOL', amount: 1n },
        ]),
      );
      expect((await load()).map(({ coin, funding }) => `${coin} ${funding}`)).toEqual(['BTC -9', 'ETH 11']);
      await run(seat, (unit) => unit.records.writeCopyState(seat.copyNo, { from: 'active', state: 'stopped', reason: null }));
      expect(await load()).toEqual([]);
    });

    it('5.4 an older reading of an account never replaces a newer one; a flat own part is not loaded', async () => {
      const seat = await seatOf(bench());
      const save = (own: bigint, asOfMs: number) => run(seat, (unit) => unit.records.saveVenueNets([netOf(seat, own, asOfMs)]));
      const load = () => run(seat, (unit) => unit.records.loadOwnPositions());
      await save(5n, 1_000.4);
      await save(6n, 999);
      expect(await load()).toEqual([{ venueAccountNo: seat.accountNo, coin: 'BTC', own: 5n }]);
      await save(-7n, 1_000);
      expect(await load()).toEqual([{ venueAccountNo: seat.accountNo, coin: 'BTC', own: -7n }]);
      await save(0n, 1_001);
      expect(await load()).toEqual([]);
    });

    it('5.5 a reading of funding never goes back', async () => {
      const seat = await seatOf(bench());
      const save = (readToMs: number) => run(seat, (unit) => unit.records.saveFundingReadTimes([{ venueAccountNo: seat.accountNo, readToMs }]));
      await save(1_000.9);
      await save(500);
      expect(await run(seat, (unit) => unit.records.fundingReadTimes(null))).toEqual(new Map([[seat.accountNo, 1_000]]));
      expect(await run(seat, (unit) => unit.records.fundingReadTimes(seat.accountNo))).toEqual(new Map([[seat.accountNo, 1_000]]));
      expect(await run(seat, (unit) => unit.records.fundingReadTimes(seat.accountNo + 1))).toEqual(new Map());
    });

    it('5.6 what copies held at a moment is what they hold less what came from that moment on', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now();
      const order = orderOf(bench(), seat, 5n);
      await run(seat, async (unit) => {
        await unit.records.savePositionStates([positionOf(seat.copyNo, { position: 100n })]);
        await unit.fills.insert([
          fillOf(bench(), order, at, { size: 30n }),
          fillOf(bench(), order, at + 1, { size: 5n, side: 'sell' }),
          fillOf(bench(), order, at + 1, { size: 99n, coin: 'ETH' }),
        ]);
        await unit.records.recordFollowerClose({ copyNo: seat.copyNo, coin: 'BTC', closedAtMs: at + 1.7, quantity: -8n });
        await unit.records.recordFollowerClose({ copyNo: seat.copyNo, coin: 'BTC', closedAtMs: at + 1, quantity: -2n });
      });
      const held = await run(seat, (unit) =>
        unit.records.heldByCopies([
          { venueAccountNo: seat.accountNo, coin: 'BTC', atMs: at + 2 },
          { venueAccountNo: seat.accountNo, coin: 'ETH', atMs: at + 2 },
          { venueAccountNo: seat.accountNo, coin: 'BTC', atMs: at + 1.5 },
          { venueAccountNo: seat.accountNo, coin: 'BTC', atMs: at },
        ]),
      );
      const of = { copyNo: seat.copyNo, copyId: seat.copyId, left: 0n };
      expect(held).toEqual([
        { moment: 0, ...of, quantity: 100n },
        { moment: 2, ...of, quantity: 115n },
        { moment: 3, ...of, quantity: 85n },
      ]);
      await run(seat, (unit) => unit.records.savePositionStates([positionOf(seat.copyNo, { position: 0n })]));
      expect(await run(seat, (unit) => unit.records.heldByCopies([{ venueAccountNo: seat.accountNo, coin: 'BTC', atMs: at + 2 }]))).toEqual([]);
      expect(await run(seat, (unit) => unit.records.heldByCopies([]))).toEqual([]);
    });

    it('5.6 what a copy left when it ended is none of theirs from then on', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now();
      await run(seat, async (unit) => {
        await unit.records.savePositionStates([positionOf(seat.copyNo, { position: 7n })]);
        await unit.records.writeCopyState(seat.copyNo, { from: 'active', state: 'stopped', reason: null, stopped: true });
      });
      const moments = [at - 1_000, at + 60_000].map((atMs) => ({ venueAccountNo: seat.accountNo, coin: 'BTC', atMs }));
      const held = await run(seat, (unit) => unit.records.heldByCopies(moments));
      expect(held).toEqual([{ moment: 0, copyNo: seat.copyNo, copyId: seat.copyId, quantity: 7n, left: 7n }]);
      // Handed over, it was written off the copy at the end.
      await run(seat, async (unit) => {
        await unit.records.savePositionStates([positionOf(seat.copyNo, { position: 0n })]);
        await unit.records.recordFollowerClose({ copyNo: seat.copyNo, coin: 'BTC', closedAtMs: bench().clock.now(), quantity: -7n });
      });
      expect(await run(seat, (unit) => unit.records.heldByCopies(moments))).toEqual(held);
    });

    it('5.6 what changed what copies hold without a trade is told by account: a copy that ended, a cross', async () => {
      const seat = await seatOf(bench());
      const insideOf = async () => (await run(seat, (unit) => unit.records.newestInsideTimes())).get(seat.accountNo);
      expect(await insideOf()).toBeUndefined();
      const at = bench().clock.now() - 60_000;
      await run(seat, (unit) => unit.records.recordCross({ ...crossOf(seat), crossedAt: at }));
      expect(await insideOf()).toBe(at);
      await run(seat, (unit) => unit.records.writeCopyState(seat.copyNo, { from: 'active', state: 'stopped', reason: null, stopped: true }));
      expect(await insideOf()).toBeGreaterThan(at);
    });

    it('5.7 income of a copy nobody values is added to its last equity', async () => {
      const seat = await seatOf(bench());
      await run(seat, (unit) => unit.records.addToFinalEquity([{ copyNo: seat.copyNo, amount: 5n }]));
      expect((await run(seat, (unit) => unit.records.runningCopy(seat.copyId)))?.equity).toBeNull();
      await run(seat, (unit) => unit.records.saveEquity([equityOf(seat.copyNo)]));
      await run(seat, (unit) => unit.records.addToFinalEquity([{ copyNo: seat.copyNo, amount: -5n }]));
      expect((await run(seat, (unit) => unit.records.runningCopy(seat.copyId)))?.equity).toMatchObject({ netPnl: 15n, equity: 112n, flows: 100n });
    });

    it('5.8 a spare agent takes the place of the one in its role', async () => {
      const seat = await seatOf(bench());
      const [one, two, next] = [agentOf(bench(), seat, 'former'), agentOf(bench(), seat, 'former'), agentOf(bench(), seat, 'next')];
      await run(seat, async (unit) => {
        for (const row of [one, two, next]) await unit.spareAgents.put(row);
      });
      expect(await run(seat, (unit) => unit.spareAgents.former())).toEqual(new Map([[seat.accountId, { ...two, ...seat.scope }]]));
      expect(await run(seat, (unit) => unit.spareAgents.findOne({ venueAccountId: seat.accountId, role: 'next' }))).toEqual({
        ...next,
        ...seat.scope,
      });
      await run(seat, (unit) => unit.spareAgents.drop(seat.accountId, 'next'));
      await run(seat, (unit) => unit.spareAgents.drop(seat.accountId, 'next'));
      expect(await run(seat, (unit) => unit.spareAgents.findOne({ venueAccountId: seat.accountId, role: 'next' }))).toBeNull();
      expect((await run(seat, (unit) => unit.spareAgents.former())).size).toBe(1);
    });

    it('5.9 accounts that are pending or active are loaded, and a change names the rows it meant', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const before = await run(seat, (unit) => unit.venueAccounts.findOne({ id: seat.accountId }));
      expect(await run(seat, (unit) => unit.venueAccounts.loadable())).toEqual([before]);
      const change = { approvals: { signed: ['0x1'] }, agentValidUntil: 5, builderFeeApproved: 10 };
      expect(await run(seat, (unit) => unit.venueAccounts.update({ id: seat.accountId, status: 'active' }, change))).toBe(1);
      expect(await run(seat, (unit) => unit.venueAccounts.update({ id: seat.accountId, status: 'pending' }, { status: 'closed' }))).toBe(0);
      expect(await run(seat, (unit) => unit.venueAccounts.update({ id: other.accountId }, { status: 'closed' }))).toBe(0);
      expect(await run(seat, (unit) => unit.venueAccounts.findOne({ id: seat.accountId }))).toEqual({ ...before, ...change });
      await run(seat, (unit) => unit.venueAccounts.update({ id: seat.accountId }, { status: 'pending' }));
      expect(await run(seat, (unit) => unit.venueAccounts.loadable())).toHaveLength(1);
      for (const status of ['suspended', 'closed'] as const) {
        await run(seat, (unit) => unit.venueAccounts.update({ id: seat.accountId }, { status }));
        expect(await run(seat, (unit) => unit.venueAccounts.loadable())).toEqual([]);
      }
    });

    it('5.10 leaders are found by any of their values', async () => {
      const seat = await seatOf(bench());
      const [leader] = await run(seat, (unit) => unit.leaders.find({ watchedNo: seat.watchedNo, status: 'active' }));
      expect(leader).toMatchObject({ ...seat.scope, id: seat.leaderId, watchedNo: seat.watchedNo, terms: { share: '0.1' }, name: 'Leader' });
      expect(await run(seat, (unit) => unit.leaders.findOne({ id: seat.leaderId }))).toEqual(leader);
      expect(await run(seat, (unit) => unit.leaders.find({ status: 'paused' }))).toEqual([]);
      await bench().store.gateway(seat.scope, (unit) => unit.leaders.update({ id: seat.leaderId }, { status: 'paused' }));
      expect(await run(seat, (unit) => unit.records.runningCopy(seat.copyId))).toMatchObject({ leaderStatus: 'paused' });
    });

    it('5.11 a settings version is read by copy and number', async () => {
      const seat = await seatOf(bench());
      const row = await run(seat, (unit) => unit.copies.settings(seat.copyId, 1));
      const expected = { copyId: seat.copyId, version: 1, settings: { leverage: 5 }, actor: 'contract', effectiveFrom: bench().clock.now() };
      expect(row).toEqual({ ...expected, ...seat.scope });
      expect(await run(seat, (unit) => unit.copies.settings(seat.copyId, 2))).toBeNull();
    });

    it('5.15 limits of a scope are listed by what they bind, each as it was put last, and nobody else’s', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const at = bench().clock.now();
      const put = (of: Seat, targetId: string, limits: object) =>
        bench().store.gateway(of.scope, async (unit) => {
          const before = await unit.riskLimits.hold(targetId);
          await unit.riskLimits.put(targetId, { limits, actor: 'contract' });
          return before;
        });
      expect(await run(seat, (unit) => unit.riskLimits.all())).toEqual([]);
      expect(await put(seat, seat.leaderId, { caps: { max_leverage: '3' } })).toEqual({});
      await put(seat, seat.followerId, { losses: {} });
      await put(other, seat.leaderId, { caps: { max_leverage: '9' } });
      bench().clock.set(at + 5);
      expect(await put(seat, seat.leaderId, { caps: { max_leverage: '2' } })).toEqual({ caps: { max_leverage: '3' } });
      const leader = {
        ...seat.scope,
        targetId: seat.leaderId,
        version: 3,
        limits: { caps: { max_leverage: '2' } },
        actor: 'contract',
        updatedAt: at + 5,
      };
      const follower = { ...seat.scope, targetId: seat.followerId, version: 2, limits: { losses: {} }, actor: 'contract', updatedAt: at };
      expect(await run(seat, (unit) => unit.riskLimits.all())).toEqual([follower, leader]);
      expect(await run(seat, (unit) => unit.riskLimits.findOne({ targetId: seat.leaderId }))).toEqual(leader);
      expect(await run(seat, (unit) => unit.riskLimits.findOne({ targetId: 'nobody' }))).toBeNull();
      await bench().store.gateway(seat.scope, (unit) => unit.riskLimits.put('nobody', { limits: {}, actor: 'contract' }));
      expect(await run(seat, (unit) => unit.riskLimits.all())).toHaveLength(2);
    });

    it('5.12 JSON is kept as JSON: what it cannot say is gone, and what was handed in may change', async () => {
      const seat = await seatOf(bench());
      const detail: { list: unknown[]; none: undefined; when: Date } = { list: [1, { a: null }], none: undefined, when: new Date(0) };
      await run(seat, (unit) => unit.records.saveEquity([equityOf(seat.copyNo, { detail })]));
      await run(seat, (unit) => unit.venueAccounts.update({ id: seat.accountId }, { approvals: detail }));
      detail.list.push(2);
      const [copy, account] = await run(seat, async (unit) => [
        await unit.records.runningCopy(seat.copyId),
        await unit.venueAccounts.findOne({ id: seat.accountId }),
      ]);
      const stands = { list: [1, { a: null }], when: '1970-01-01T00:00:00.000Z' };
      expect(copy?.equity?.detail).toStrictEqual(stands);
      expect(account?.approvals).toStrictEqual(stands);
    });
  });
}
