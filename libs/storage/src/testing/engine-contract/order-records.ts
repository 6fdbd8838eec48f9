import { describe, expect, it } from 'vitest';
import type { EngineScopedUnit } from '../../engine-port';
import { type Bench, fillOf, journalRow, orderOf, type Seat, seatOf } from './seat';

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

    it('6.5 orders are read with what is booked of each, under the names of the venue', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now();
      const [one, two] = [
        orderOf(bench(), seat, 5n, { venueOrderId: 'v1', avgPrice: 3n, filledSize: 2n }),
        orderOf(bench(), seat, 6n, { createdAt: at - 10, venueOrderId: 'v2' }),
      ];
      const own = fillOf(bench(), one, at - 9, { orderId: null, copyNo: 0n, copyId: null, moveId: null });
      await run(seat, async (unit) => {
        await unit.orders.save([one, two, orderOf(bench(), seat, 7n)]);
        await unit.fills.insert([fillOf(bench(), one, at - 5, { size: 4n }), fillOf(bench(), one, at - 7, { size: 6n }), own]);
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

    it('6.7 the highest nonce of a scope without a journal is 0', async () => {
      const seat = await seatOf(bench());
      expect(await run(seat, (unit) => unit.records.highestJournaledNonce())).toBe(0);
    });
  });
}
