import { describe, expect, it } from 'vitest';
import type { EngineScopedUnit } from '../../engine-port';
import { INTERNAL_ORDER } from '../../trading/record-ids';
import { type Bench, fillOf, journalRow, orderOf, passedOf, proposalOf, type Seat, seatOf, standingRow } from './seat';

/** 6: orders, their fills and the journal they were written down in, as they are read back. */
export function orderContract(bench: () => Bench): void {
  const run = <T>(seat: Seat, work: (unit: EngineScopedUnit) => Promise<T>): Promise<T> => bench().store.engine.scoped(seat.scope, work);
  const kept = (seat: Seat) => bench().store.kept(seat.scope);

  describe('6 orders and the journal', () => {
    it('6.1 the first fill of an order is the earliest told', async () => {
      const seat = await seatOf(bench());
      const order = orderOf(bench(), seat, 5n);
      await run(seat, (unit) => unit.orders.save([order]));
      const mark = (id: string, at: number) => run(seat, (unit) => unit.records.markOrdersFilled(new Map([[id, at]])));
      expect([...(await mark(order.id, 20.5))]).toEqual([order.id]);
      await mark(order.id, 30);
      expect((await kept(seat)).orders[0]?.mf).toBe(20.5);
      await mark(order.id, 10);
      expect((await kept(seat)).orders[0]?.mf).toBe(10);
      expect([...(await mark(bench().ids.next('order'), 10))]).toEqual([]);
    });

    it.each(['journaled', 'sent', 'unknown', 'resting'] as const)('6.2 an order that is %s is resolved once', async (status) => {
      const seat = await seatOf(bench());
      const order = orderOf(bench(), seat, 5n, { status, venueOrderId: 'v1', avgPrice: 3n });
      await run(seat, (unit) => unit.orders.save([order]));
      const found = { id: order.id, status: 'partly_filled', filledSize: 8n, venueOrderId: null, rejectCode: 'late' };
      bench().clock.set(bench().clock.now() + 7);
      expect([...(await run(seat, (unit) => unit.records.resolveOrders([found])))]).toEqual([order.id]);
      const [row] = (await kept(seat)).orders;
      const change = { status: 'partly_filled', filledSize: 8n, rejectCode: 'late', updatedAt: bench().clock.now() };
      expect(row).toEqual({ ...order, ...seat.scope, ...change });
      expect([...(await run(seat, (unit) => unit.records.resolveOrders([{ ...found, status: 'filled' }])))]).toEqual([]);
      expect((await kept(seat)).orders).toEqual([row]);
      expect([...(await run(seat, (unit) => unit.records.resolveOrders([{ ...found, id: bench().ids.next('order') }])))]).toEqual([]);
    });

    it.each(['filled', 'partly_filled', 'rejected', 'withheld', 'cancelled', 'expired'] as const)(
      '6.3 an order that is %s is resolved no more',
      async (status) => {
        const seat = await seatOf(bench());
        const order = orderOf(bench(), seat, 5n, { status });
        await run(seat, (unit) => unit.orders.save([order]));
        const found = { id: order.id, status: 'filled', filledSize: 8n, venueOrderId: 'v', rejectCode: null };
        expect([...(await run(seat, (unit) => unit.records.resolveOrders([found])))]).toEqual([]);
        expect((await kept(seat)).orders).toEqual([{ ...order, ...seat.scope }]);
      },
    );

    it('6.4 an order is not resolved to a status nobody knows', async () => {
      const seat = await seatOf(bench());
      const order = orderOf(bench(), seat, 5n);
      await run(seat, (unit) => unit.orders.save([order]));
      const found = { id: order.id, status: 'lost', filledSize: 8n, venueOrderId: 'v', rejectCode: null };
      await expect(run(seat, (unit) => unit.records.resolveOrders([found]))).rejects.toThrow();
      expect((await kept(seat)).orders).toEqual([{ ...order, ...seat.scope }]);
    });

    it('6.9 a standing order is written whole once, then where it stands, until it is dropped', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const at = bench().clock.now();
      const read = () => run(seat, async ({ records }) => ({ rows: await records.standingOrders(), nonce: await records.highestStandingNonce() }));
      expect(await read()).toEqual({ rows: [], nonce: 0 });
      const [one, two] = [standingRow(bench(), seat), standingRow(bench(), seat, { createdAt: at - 5, nonce: 900n, replaces: '0x1', buy: true })];
      await run(seat, (unit) => unit.records.saveStandingOrders([one, two]));
      await run(seat, (unit) => unit.records.saveStandingOrders([]));
      await run(other, (unit) => unit.records.saveStandingOrders([standingRow(bench(), other, { nonce: 9_000n })]));
      expect(await read()).toEqual({
        rows: [
          { ...two, ...seat.scope },
          { ...one, ...seat.scope },
        ],
        nonce: 1_000,
      });
      const ending = { endNonce: 2_000n, status: 'ending' as const, updatedAt: at + 5 };
      await run(seat, (unit) => unit.records.saveStandingOrders([{ ...two, ...ending, size: 9n, triggerPrice: 1n, createdAt: at + 9 }]));
      expect(await read()).toEqual({
        rows: [
          { ...two, ...ending, ...seat.scope },
          { ...one, ...seat.scope },
        ],
        nonce: 2_000,
      });
      await run(other, (unit) => unit.records.dropStandingOrders([one.clientOrderId]));
      await run(seat, (unit) => unit.records.dropStandingOrders([two.clientOrderId, two.clientOrderId]));
      expect(await read()).toEqual({ rows: [{ ...one, ...seat.scope }], nonce: 1_000 });
      const twice = run(seat, (unit) => unit.records.saveStandingOrders([one, one]));
      await expect(twice).rejects.toThrow();
      for (const wrong of [{ size: 0n }, { price: 0n }, { triggerPrice: 0n }, { status: 'gone' as 'sent' }])
        await expect(run(seat, (unit) => unit.records.saveStandingOrders([standingRow(bench(), seat, wrong)]))).rejects.toThrow();
    });

    it('6.5 orders are read with what is booked of each, under the names of the venue', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now();
      const [one, two] = [
        orderOf(bench(), seat, 5n, { venueOrderId: 'v1', avgPrice: 3n, filledSize: 2n }),
        orderOf(bench(), seat, 6n, { createdAt: at - 10, venueOrderId: 'v2' }),
      ];
      // What copies of an account cross among themselves is none of the venue's fills.
      const crossed = fillOf(bench(), one, at - 3, { orderId: null, moveId: null, venueOrderId: INTERNAL_ORDER });
      const own = fillOf(bench(), one, at - 9, { orderId: null, copyNo: 0n, copyId: null, moveId: null });
      await run(seat, async (unit) => {
        await unit.orders.save([one, two, orderOf(bench(), seat, 7n)]);
        await unit.fills.insert([fillOf(bench(), one, at - 5, { size: 4n }), fillOf(bench(), one, at - 7, { size: 6n }), own, crossed]);
      });
      const written = { id: one.id, status: 'sent', filledSize: 2n, bookedSize: 10n, venueOrderId: 'v1', averagePrice: 3n };
      const ids = [one.id, two.id, bench().ids.next('order')];
      await run(seat, async ({ records }) => {
        expect(await records.writtenOrders(ids)).toEqual(
          new Map([
            [one.id, written],
            [two.id, { ...written, id: two.id, filledSize: 0n, bookedSize: 0n, venueOrderId: 'v2', averagePrice: 0n }],
          ]),
        );
        expect(await records.writtenOrders([])).toEqual(new Map());
        expect(await records.bookedSizes(ids)).toEqual(new Map([[one.id, 10n]]));
        expect(await records.firstFillTimes(ids)).toEqual(new Map([[one.id, at - 7]]));
        expect(await records.newestFillTimes()).toEqual(new Map([[seat.accountNo, at - 5]]));
        expect(await records.venueOrderNames(['v1', 'v1', 'v9'])).toEqual(new Map([['v1', one.clientOrderId]]));
        expect([...(await records.venueOrderIdsSince([seat.copyNo], at - 10, ''))].sort()).toEqual(['v1', 'v2']);
        expect(await records.venueOrderIdsSince([seat.copyNo], at - 9, '')).toEqual(['v1']);
        expect(await records.venueOrderIdsSince([seat.copyNo], at - 10, one.id)).toEqual(['v2']);
        expect(await records.venueOrderIdsSince([seat.copyNo + 1], 0, '')).toEqual([]);
      });
    });

    it('6.6 journal rows are listed by wave and part until they are completed, per shard', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now();
      const rows = [
        [9n, 0, 0],
        [8n, 0, 1],
        [8n, 0, 0],
        [7n, 1, 0],
      ] as const;
      await run(seat, (unit) =>
        unit.journal.insertAll(rows.map(([moveId, shard, part]) => journalRow(bench(), seat, moveId, { shard, part, maxNonce: moveId * 10n }))),
      );
      const unfinished = async (shard: number, limit = 10) =>
        (await run(seat, (unit) => unit.journal.unfinished(shard, limit))).map(({ moveId, part }) => `${moveId} ${part}`);
      expect([await unfinished(0), await unfinished(0, 2), await unfinished(1)]).toEqual([['8 0', '8 1', '9 0'], ['8 0', '8 1'], ['7 0']]);
      const [first] = await run(seat, (unit) => unit.journal.unfinished(0, 1));
      const fresh = { ...seat.scope, createdAt: at, writtenAt: null, completedAt: null };
      expect(first).toEqual({ ...journalRow(bench(), seat, 8n, { maxNonce: 80n }), ...fresh });
      bench().clock.set(at + 3);
      expect([...(await run(seat, (unit) => unit.journal.markWritten(0, [8n, 7n])))]).toEqual([8n]);
      expect([...(await run(seat, (unit) => unit.journal.markWritten(0, [8n, 9n])))]).toEqual([9n]);
      await run(seat, (unit) => unit.records.completeJournal(0, [8, 7]));
      bench().clock.set(at + 6);
      await run(seat, (unit) => unit.records.completeJournal(0, [8]));
      expect([await unfinished(0), await unfinished(1)]).toEqual([['9 0'], ['7 0']]);
      const of = await run(seat, (unit) => unit.journal.ofMoves(0, [9n, 8n, 7n]));
      expect(of.map(({ moveId, part, writtenAt, completedAt }) => [moveId, part, writtenAt, completedAt])).toEqual([
        [8n, 0, at + 3, at + 3],
        [8n, 1, at + 3, at + 3],
        [9n, 0, at + 3, null],
      ]);
      expect(await run(seat, (unit) => unit.records.highestJournaledNonce())).toBe(90);
      expect(await run(seat, (unit) => unit.journal.ofMoves(0, []))).toEqual([]);
    });

    it('6.10 a proposal is made once and changes until it is no longer open; of a copy and instrument one is open', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const one = proposalOf(bench(), seat);
      await run(seat, (unit) => unit.records.saveProposals([one]));
      await run(seat, (unit) => unit.records.saveProposals([]));
      expect(await run(seat, (unit) => unit.records.openProposals())).toEqual([{ ...one, ...seat.scope }]);
      expect(await run(other, (unit) => unit.records.openProposals())).toEqual([]);
      expect(await run(other, (unit) => unit.records.proposalById(one.id))).toBe(null);
      await expect(run(seat, (unit) => unit.records.saveProposals([proposalOf(bench(), seat)]))).rejects.toThrow();
      const eth = proposalOf(bench(), seat, { coin: 'ETH', createdAt: one.createdAt + 1 });
      const more = { ...one, askedMicro: 9_000_000n, leftMicro: 8_000_000n, price: 1n, endsAt: one.endsAt + 1, lastCommandNo: 4n };
      await run(seat, (unit) => unit.records.saveProposals([eth, { ...more, coin: 'SOL', buy: false, createdAt: 0 }]));
      expect(await run(seat, (unit) => unit.records.openProposals())).toEqual([
        { ...more, ...seat.scope },
        { ...eth, ...seat.scope },
      ]);
      const ended = { ...more, leftMicro: 0n, leftSize: 0n, status: 'ended' as const };
      await run(seat, (unit) => unit.records.saveProposals([ended]));
      expect((await run(seat, (unit) => unit.records.openProposals())).map(({ id }) => id)).toEqual([eth.id]);
      expect(await run(seat, (unit) => unit.records.proposalById(one.id))).toEqual({ ...ended, ...seat.scope });
      await expect(run(seat, (unit) => unit.records.saveProposals([eth, eth]))).rejects.toThrow();
      for (const wrong of [{ leftMicro: 0n }, { status: 'ended' }, { price: 0n }, { approvedMicro: 9_000_000n }, { askedMicro: 0n }] as const)
        await expect(run(seat, (unit) => unit.records.saveProposals([proposalOf(bench(), seat, { coin: 'X', ...wrong })]))).rejects.toThrow();
    });

    it('6.11 a limit is noted as passed once until it is dropped, apart from the same limit of another underlying and another scope', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const one = passedOf(bench(), seat);
      const eth = passedOf(bench(), seat, { underlying: 'ETH', passedAt: one.passedAt + 1 });
      const adds = async (row: typeof one) => run(seat, (unit) => unit.records.addPassedLimit(row));
      expect([await adds(one), await adds(eth), await adds({ ...one, measured: 9n })]).toEqual([true, true, false]);
      expect(await run(seat, (unit) => unit.records.passedLimits())).toEqual([
        { ...one, ...seat.scope },
        { ...eth, ...seat.scope },
      ]);
      expect(await run(other, (unit) => unit.records.passedLimits())).toEqual([]);
      expect(await run(other, (unit) => unit.records.dropPassedLimit(one))).toBe(false);
      const drops = async () => run(seat, (unit) => unit.records.dropPassedLimit(one));
      expect([await drops(), await drops(), await adds(one)]).toEqual([true, false, true]);
      for (const wrong of [{ threshold: -1n }, { measured: -1n }]) await expect(adds({ ...one, underlying: 'SOL', ...wrong })).rejects.toThrow();
    });

    it('6.7 the highest nonce of a scope without a journal is 0', async () => {
      const seat = await seatOf(bench());
      expect(await run(seat, (unit) => unit.records.highestJournaledNonce())).toBe(0);
    });
  });
}
