import type { CopyId } from '@lockstep/kernel';
import { copyAccount } from '@lockstep/ledger';
import { describe, expect, it } from 'vitest';
import type { EngineScopedUnit } from '../../engine-port';
import { crossOf, netOf } from './scoped-writes';
import {
  accountRow,
  agentOf,
  type Bench,
  copyRow,
  equityOf,
  eventOf,
  feesOf,
  fillOf,
  houseEntries,
  journalRow,
  orderOf,
  positionOf,
  postingOf,
  type Seat,
  seatOf,
} from './seat';

/** 4: keys of a scope: what meets a row that stands, and what is refused. */
export function keyContract(bench: () => Bench): void {
  const run = <T>(seat: Seat, work: (unit: EngineScopedUnit) => Promise<T>): Promise<T> => bench().store.engine.scoped(seat.scope, work);
  const kept = (seat: Seat) => bench().store.kept(seat.scope);

  describe('4 keys', () => {
    it('4.1 a journal row is one per move, shard and part; the first stands', async () => {
      const seat = await seatOf(bench());
      const row = journalRow(bench(), seat, 5n);
      expect(await run(seat, (unit) => unit.journal.insertAll([row, { ...row, packed: Buffer.from('other') }]))).toBe(1);
      const others = [
        { ...row, part: 1 },
        { ...row, shard: 1 },
        { ...row, moveId: 6n },
        { ...row, coin: 'ETH', packed: Buffer.from('third') },
      ];
      expect(await run(seat, (unit) => unit.journal.insertAll(others))).toBe(3);
      const rows = (await kept(seat)).journal;
      expect(rows).toHaveLength(4);
      expect(rows.find(({ moveId, shard, part }) => moveId === 5n && shard === 0 && part === 0)).toMatchObject({ coin: 'BTC', packed: row.packed });
    });

    it('4.2 an order is one by its id; told again it takes the outcome alone', async () => {
      const seat = await seatOf(bench());
      const order = orderOf(bench(), seat, 5n);
      await run(seat, (unit) => unit.orders.save([order, orderOf(bench(), seat, 6n)]));
      const outcome = {
        status: 'filled',
        filledSize: 4n,
        avgPrice: 9n,
        venueOrderId: 'v',
        rejectCode: 'c',
        reason: 'r',
        m3: 1.5,
        m4: 2.5,
        updatedAt: order.updatedAt + 1,
      } as const;
      const fixed = { coin: 'ETH', side: 'sell', size: 1n, price: 1n, nonce: 1n, m0: 0, m1: 0, m2: 0, mf: 7, clientOrderId: '0xother' } as const;
      await run(seat, (unit) => unit.orders.save([{ ...order, ...fixed, ...outcome }]));
      const rows = (await kept(seat)).orders;
      expect(rows).toHaveLength(2);
      expect(rows.find(({ id }) => id === order.id)).toEqual({ ...order, ...outcome, ...seat.scope });
    });

    it('4.3 an order stands once in a batch', async () => {
      const seat = await seatOf(bench());
      const order = orderOf(bench(), seat, 5n);
      await expect(run(seat, (unit) => unit.orders.save([order, { ...order, status: 'filled' }]))).rejects.toThrow();
    });

    it('4.4 a fill is one by the venue key; told again it changes nothing and is not returned', async () => {
      const seat = await seatOf(bench());
      const order = orderOf(bench(), seat, 5n);
      const [one, two] = [fillOf(bench(), order), fillOf(bench(), order)];
      expect([...(await run(seat, (unit) => unit.fills.insert([one, one])))]).toEqual([one.id]);
      expect([...(await run(seat, (unit) => unit.fills.insert([{ ...one, size: 1n }, two])))]).toEqual([two.id]);
      const rows = (await kept(seat)).fills;
      expect(rows).toHaveLength(2);
      expect(rows.find(({ id }) => id === one.id)).toEqual({ ...one, ...seat.scope });
    });

    it('4.5 events are numbered without gaps, also after an undone unit and from many units at once', async () => {
      const seat = await seatOf(bench());
      expect(await run(seat, (unit) => unit.events.append([]))).toBeNull();
      const first = eventOf(bench());
      const { epoch } = (await run(seat, (unit) => unit.events.append([first]))) ?? {};
      const undone = run(seat, async (unit) => {
        await unit.events.append([eventOf(bench()), eventOf(bench())]);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      const many = await Promise.all(Array.from({ length: 6 }, () => run(seat, (unit) => unit.events.append([eventOf(bench()), eventOf(bench())]))));
      for (const given of many) expect(given).toMatchObject({ epoch, lastSeq: (given?.firstSeq ?? 0n) + 1n });
      const { events } = await kept(seat);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 13 }, (_, index) => BigInt(index + 1)));
      expect(events[0]).toEqual({ ...first, ...seat.scope, epoch, seq: 1n, createdAt: bench().clock.now() });
    });

    it('4.6 two appends of one unit follow each other', async () => {
      const seat = await seatOf(bench());
      await run(seat, async (unit) => {
        expect(await unit.events.append([eventOf(bench()), eventOf(bench())])).toMatchObject({ firstSeq: 1n, lastSeq: 2n });
        expect(await unit.events.append([eventOf(bench())])).toMatchObject({ firstSeq: 3n, lastSeq: 3n });
      });
    });

    it('4.7 a ledger source is posted once, in the order given', async () => {
      const seat = await seatOf(bench());
      const post = (...sources: string[]) => run(seat, (unit) => unit.ledger.post(sources.map((source) => postingOf(bench(), seat.copyId, source))));
      expect(await post('a', 'b', 'a')).toEqual({ posted: 2, known: 1, topSeq: 2n });
      expect(await post('b', 'c')).toEqual({ posted: 1, known: 1, topSeq: 3n });
      expect(await post()).toEqual({ posted: 0, known: 0, topSeq: 3n });
      const { transactions } = await kept(seat);
      expect(transactions.map(({ sequence, transaction }) => `${sequence} ${transaction.source}`)).toEqual(['1 a', '2 b', '3 c']);
      expect(transactions.map(({ previousHash }) => previousHash).slice(1)).toEqual(transactions.map(({ hash }) => hash).slice(0, -1));
      expect(transactions[0]).toMatchObject({ transaction: postingOf(bench(), seat.copyId, 'a'), postedAt: bench().clock.now() });
      expect([...(await run(seat, (unit) => unit.ledger.postedSources(['c', 'd', 'a'])))].sort()).toEqual(['a', 'c']);
      expect(await run(seat, (unit) => unit.ledger.sumOfCopy(seat.copyId, copyAccount(seat.copyId, 'venue_cash'), 'USDC'))).toBe(-1_500n);
      expect(await run(seat, (unit) => unit.ledger.sumOfCopy(seat.copyId, copyAccount(seat.copyId, 'venue_cash'), 'USDH'))).toBe(0n);
    });

    it.each([
      [8, 'one entry', houseEntries(['USDC', 5n])],
      [9, 'a sum that is not zero', houseEntries(['USDC', 5n], ['USDC', -4n])],
      [10, 'assets that only balance together', houseEntries(['USDC', 5n], ['USDH', -5n])],
      [11, 'no entry', []],
    ] as const)('4.%i a ledger transaction with %s is refused with its whole unit', async (_no, _what, entries) => {
      const seat = await seatOf(bench());
      const attempt = run(seat, async (unit) => {
        await unit.journal.insertAll([journalRow(bench(), seat, 5n)]);
        await unit.ledger.post([postingOf(bench(), seat.copyId, 'right'), { ...postingOf(bench(), seat.copyId, 'wrong'), entries }]);
      });
      await expect(attempt).rejects.toThrow();
      expect(await kept(seat)).toMatchObject({ journal: [], transactions: [] });
    });

    const twice: readonly (readonly [no: number, what: string, write: (unit: EngineScopedUnit, seat: Seat) => Promise<void>])[] = [
      [12, 'a copy and coin in saved positions', (unit, seat) => unit.records.savePositionStates([positionOf(seat.copyNo), positionOf(seat.copyNo)])],
      [13, 'an account and coin in saved nets', (unit, seat) => unit.records.saveVenueNets([netOf(seat, 1n, 1), netOf(seat, 2n, 2)])],
      [14, 'a copy in saved equities', (unit, seat) => unit.records.saveEquity([equityOf(seat.copyNo), equityOf(seat.copyNo)])],
      [
        15,
        'an account in saved funding times',
        (unit, seat) => {
          const reading = { venueAccountNo: seat.accountNo, readToMs: 1 };
          return unit.records.saveFundingReadTimes([reading, reading]);
        },
      ],
      [
        25,
        'an account and coin in what copies leave',
        (unit, seat) => {
          const left = { venueAccountNo: seat.accountNo, coin: 'BTC', quantity: 1n };
          return unit.records.addOwnPositions([left, left]);
        },
      ],
      [
        27,
        'an account and coin in saved own positions',
        (unit, seat) => {
          const own = { venueAccountNo: seat.accountNo, coin: 'BTC', own: 1n };
          return unit.records.saveOwnPositions([own, own]);
        },
      ],
    ];
    it.each(twice)('4.%i %s may not stand twice', async (_no, _what, write) => {
      const seat = await seatOf(bench());
      await expect(run(seat, (unit) => write(unit, seat))).rejects.toThrow();
    });

    const unknown: readonly (readonly [no: number, what: string, write: (unit: EngineScopedUnit, seat: Seat) => Promise<unknown>])[] = [
      [16, 'equity of a copy nobody made', (unit) => unit.records.saveEquity([equityOf(999_999_999)])],
      [
        17,
        'a spare agent of an account nobody made',
        (unit, seat) => unit.spareAgents.put({ ...agentOf(bench(), seat, 'next'), venueAccountId: bench().ids.next('venueAccount') }),
      ],
      [18, 'a breaker of a state nobody knows', (unit, seat) => unit.records.saveEquity([equityOf(seat.copyNo, { breaker: 'ajar' })])],
    ];
    it('4.26 a cross is written once, between two copies, of something at a price', async () => {
      const seat = await seatOf(bench());
      const cross = (change: object) => run(seat, (unit) => unit.records.recordCross({ ...crossOf(seat), ...change }));
      await cross({});
      await expect(cross({ size: 7n })).rejects.toThrow();
      for (const wrong of [{ size: 0n }, { price: 0n }, { sellerCopyNo: seat.copyNo }]) await expect(cross({ no: 2, ...wrong })).rejects.toThrow();
      await cross({ no: 2, coin: 'ETH' });
      expect((await kept(seat)).crosses).toEqual([crossOf(seat), { ...crossOf(seat, 2), coin: 'ETH' }]);
    });

    it.each(unknown)('4.%i %s is refused', async (_no, _what, write) => {
      const seat = await seatOf(bench());
      await expect(run(seat, (unit) => write(unit, seat))).rejects.toThrow();
    });

    it('4.19 a venue account has one copy of a leader that is not stopped, and several of several', async () => {
      const [seat, other] = [await seatOf(bench()), bench().ids.next('leader')];
      const [second, another] = [bench().ids.next('copy'), bench().ids.next('copy')];
      const insert = (copyId: CopyId, state: string, leaderId = seat.leaderId) =>
        bench().store.gateway(seat.scope, (unit) => unit.copies.insert({ ...copyRow(bench(), { ...seat, copyId, leaderId }), state }));
      await expect(insert(second, 'preparing')).rejects.toThrow();
      await bench().store.gateway(seat.scope, async (unit) => {
        const at = bench().clock.now();
        const made = {
          watchedNo: seat.watchedNo,
          name: 'Another',
          terms: {},
          status: 'active',
          access: 'everyone',
          createdAt: at,
          updatedAt: at,
        } as const;
        await unit.leaders.insert({ id: other, ...made });
      });
      await insert(another, 'preparing', other);
      const running = await bench().store.gateway(seat.scope, (unit) => unit.copies.runningOn(seat.accountId));
      expect(running.map(({ id }) => id)).toEqual([seat.copyId, another]);
      await insert(second, 'stopped');
      const again = await run(seat, (unit) => unit.records.runningCopy(second));
      const revive = run(seat, (unit) => unit.records.writeCopyState(again?.no ?? 0, { from: 'stopped', state: 'active', reason: null }));
      await expect(revive).rejects.toThrow();
      const update = run(seat, (unit) => unit.copies.update({ id: second }, { state: 'active' }));
      await expect(update).rejects.toThrow();
      await run(seat, (unit) => unit.records.writeCopyState(seat.copyNo, { from: 'active', state: 'stopped', reason: null, stopped: true }));
      expect(await run(seat, (unit) => unit.copies.update({ id: second }, { state: 'active' }))).toBe(1);
    });

    it('4.20 rows of the roster stand on rows of their own scope', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const gateway = bench().store.gateway;
      const [accountId, copyId] = [bench().ids.next('venueAccount'), bench().ids.next('copy')];
      await expect(gateway(seat.scope, (unit) => unit.venueAccounts.insert(accountRow(bench(), accountId, other.followerId)))).rejects.toThrow();
      for (const foreign of [{ leaderId: other.leaderId }, { followerId: other.followerId }, { accountId: other.accountId }]) {
        const row = { ...copyRow(bench(), { ...seat, copyId, ...foreign }), state: 'stopped' };
        await expect(gateway(seat.scope, (unit) => unit.copies.insert(row))).rejects.toThrow();
      }
      const settings = { copyId: other.copyId, version: 2, settings: {}, actor: 'contract', effectiveFrom: 0 };
      await expect(gateway(seat.scope, (unit) => unit.copies.addSettings(settings))).rejects.toThrow();
    });

    it('4.21 versions of settings and of fees are written once', async () => {
      const seat = await seatOf(bench());
      const settings = { copyId: seat.copyId, version: 1, settings: { leverage: 9 }, actor: 'contract', effectiveFrom: 0 };
      await expect(bench().store.gateway(seat.scope, (unit) => unit.copies.addSettings(settings))).rejects.toThrow();
      await bench().store.gateway(seat.scope, (unit) => unit.feeSchedules.insert(feesOf(bench(), 2)));
      await bench().store.gateway(seat.scope, (unit) => unit.feeSchedules.insert(feesOf(bench(), 1)));
      await expect(bench().store.gateway(seat.scope, (unit) => unit.feeSchedules.insert(feesOf(bench(), 2)))).rejects.toThrow();
      expect((await run(seat, (unit) => unit.feeSchedules.versions())).map(({ version }) => version)).toEqual([1, 2]);
    });

    it('4.22 commands are numbered without gaps per scope, and settled once', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const command = { kind: 'copy.pause', targetId: seat.copyId, payload: { deep: [{ a: null }] }, actor: 'contract' };
      const append = (of: Seat) => bench().store.gateway(of.scope, (unit) => unit.commands.append(command));
      const undone = bench().store.gateway(seat.scope, async (unit) => {
        await unit.commands.append(command);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      expect([await append(seat), await append(seat), await append(other), await append(seat)]).toEqual([1n, 2n, 1n, 3n]);
      expect(await run(seat, (unit) => unit.commands.settle(2n, 'refused', { code: 'x' }))).toBe(true);
      expect(await run(seat, (unit) => unit.commands.settle(2n, 'applied', null))).toBe(false);
      expect(await run(seat, (unit) => unit.commands.settle(9n, 'applied', null))).toBe(false);
      const pending = await run(seat, (unit) => unit.commands.pending(10));
      expect(pending.map(({ no }) => no)).toEqual([1n, 3n]);
      expect(pending[0]).toEqual({
        ...command,
        ...seat.scope,
        no: 1n,
        status: 'pending',
        result: null,
        createdAt: bench().clock.now(),
        begunAt: null,
        appliedAt: null,
      });
      expect((await run(seat, (unit) => unit.commands.pending(1))).map(({ no }) => no)).toEqual([1n]);
      expect((await run(seat, (unit) => unit.commands.pending(10, 1n))).map(({ no }) => no)).toEqual([3n]);
    });

    it('4.23 an address of a network is one venue account of a scope', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const row = accountRow(bench(), bench().ids.next('venueAccount'), seat.followerId);
      const insert = (of: Seat, over: object = {}) =>
        bench().store.gateway(of.scope, (unit) => unit.venueAccounts.insert({ ...row, id: bench().ids.next('venueAccount'), ...over }));
      await insert(seat);
      await expect(insert(seat)).rejects.toThrow();
      await insert(seat, { network: 'other' });
      await insert(other, { followerId: other.followerId });
    });

    it('4.24 numbers the storage gives are of one row on the platform', async () => {
      const seats = [await seatOf(bench()), await seatOf(bench()), await seatOf(bench())];
      expect(new Set(seats.map(({ copyNo }) => copyNo)).size).toBe(3);
      expect(new Set(seats.map(({ accountNo }) => accountNo)).size).toBe(3);
    });

    it('4.25 a command is begun while it is pending, and stays so when it is settled', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const command = { kind: 'copy.pause', targetId: seat.copyId, payload: {}, actor: 'contract' };
      const append = () => bench().store.gateway(seat.scope, (unit) => unit.commands.append(command));
      const [first, second] = [await append(), await append()];
      const since = (at: number, kind = command.kind) => run(seat, (unit) => unit.commands.begunSince(kind, seat.copyId, at));
      const begun = bench().clock.now();
      const undone = run(seat, async (unit) => {
        await unit.commands.noteBegun(first);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      await run(other, (unit) => unit.commands.noteBegun(first));
      expect(await since(0)).toBe(false);
      await run(seat, (unit) => unit.commands.noteBegun(first));
      const pending = await run(seat, (unit) => unit.commands.pending(10));
      expect(pending.map(({ no, status, begunAt, appliedAt }) => ({ no, status, begunAt, appliedAt }))).toEqual([
        { no: first, status: 'pending', begunAt: begun, appliedAt: null },
        { no: second, status: 'pending', begunAt: null, appliedAt: null },
      ]);
      bench().clock.set(begun + 60_000);
      await run(seat, (unit) => unit.commands.settle(first, 'applied', null));
      await run(seat, (unit) => unit.commands.settle(second, 'refused', null));
      for (const no of [first, second]) await run(seat, (unit) => unit.commands.noteBegun(no));
      expect([await since(begun), await since(begun + 1), await since(0, 'copy.resume')]).toEqual([true, false, false]);
      expect(await run(other, (unit) => unit.commands.begunSince(command.kind, seat.copyId, 0))).toBe(false);
    });
  });
}
