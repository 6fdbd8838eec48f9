import { present } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { EnginePlatformUnit } from '../../engine-port';
import type { LeaderFillRow } from '../../rows/platform';
import { sampleLeaderFill } from '../sample-rows';
import { address, type Bench, moveOf, NETWORK, VENUE } from './seat';

class Given extends Error {}

/** 7: watched accounts, their fills and their moves. */
export function inboxContract(bench: () => Bench): void {
  const run = <T>(work: (unit: EnginePlatformUnit) => Promise<T>): Promise<T> => bench().store.engine.platform(work);
  const watch = () => bench().store.operator((unit) => unit.inbox.watch(VENUE, NETWORK, address(bench())));
  const fill = (tid: string, over: Partial<LeaderFillRow> = {}) => sampleLeaderFill(tid, over);
  const undone = (work: (unit: EnginePlatformUnit) => Promise<unknown>) =>
    expect(
      run(async (unit) => {
        await work(unit);
        throw new Given();
      }),
    ).rejects.toBeInstanceOf(Given);

  describe('7 the inbox', () => {
    it('7.1 an account is watched once, and its history begins once', async () => {
      const at = address(bench());
      const again = () => bench().store.operator((unit) => unit.inbox.watch(VENUE, NETWORK, at));
      const row = await again();
      expect(row).toMatchObject({ venue: VENUE, network: NETWORK, address: at, topMoveSeq: 0n, historyFromMs: null, createdAt: bench().clock.now() });
      expect(await again()).toEqual(row);
      await undone((unit) => unit.inbox.begin(row.no, 900));
      await run((unit) => unit.inbox.begin(row.no, 1_000.9));
      await run((unit) => unit.inbox.begin(row.no, 2_000));
      const all = await run((unit) => unit.inbox.watched());
      expect(all.find(({ no }) => no === row.no)).toEqual({ ...row, historyFromMs: 1_000 });
      expect(all.map(({ no }) => no)).toEqual([...all.map(({ no }) => no)].sort((a, b) => Number(a - b)));
    });

    it('7.2 a fill is one per account, coin, time and trade; only what is new is returned', async () => {
      const [one, two] = [await watch(), await watch()];
      const insert = (no: bigint, ...fills: Omit<LeaderFillRow, 'watchedNo'>[]) =>
        run(async (unit) => (await unit.inbox.insertFills(no, fills)).map(({ coin, timeMs, tid }) => `${coin} ${timeMs} ${tid}`).sort());
      expect(await insert(one.no)).toEqual([]);
      await undone((unit) => unit.inbox.insertFills(one.no, [fill('1', { timeMs: 7 })]));
      expect(await insert(one.no, fill('1', { timeMs: 7 }), fill('1', { timeMs: 7 }), fill('2', { timeMs: 7 }))).toEqual(['BTC 7 1', 'BTC 7 2']);
      expect(await insert(one.no, fill('1', { timeMs: 7, oid: 'other' }), fill('1', { timeMs: 8 }), fill('1', { timeMs: 7, coin: 'ETH' }))).toEqual([
        'BTC 8 1',
        'ETH 7 1',
      ]);
      expect(await insert(two.no, fill('1', { timeMs: 7 }))).toEqual(['BTC 7 1']);
    });

    it('7.3 what a public trade told before gets its order from the fill, and is not new', async () => {
      const { no } = await watch();
      const trade = fill('1', { oid: '', provisional: true, startPosition: 0n, size: 10n });
      const told = fill('1', { oid: '88', twapId: 't', startPosition: 50n, side: 'sell', size: 20n });
      expect(await run((unit) => unit.inbox.insertFills(no, [trade]))).toHaveLength(1);
      expect(await run((unit) => unit.inbox.increasingOrders(no, 10))).toEqual([]);
      expect(await run((unit) => unit.inbox.insertFills(no, [told]))).toEqual([]);
      // Order and fee are the fill's; side, size and position stand as they were told first.
      expect(await run((unit) => unit.inbox.increasingOrders(no, 10))).toEqual([{ coin: 'BTC', oid: '88', twapId: 't' }]);
      expect(await run((unit) => unit.inbox.insertFills(no, [{ ...trade, oid: '99' }]))).toEqual([]);
      expect(await run((unit) => unit.inbox.insertFills(no, [{ ...told, oid: '99' }]))).toEqual([]);
      expect(await run((unit) => unit.inbox.increasingOrders(no, 10))).toEqual([{ coin: 'BTC', oid: '88', twapId: 't' }]);
    });

    it('7.4 of a trade and its fill in one telling the fill counts', async () => {
      const { no } = await watch();
      const [trade, told] = [fill('1', { oid: '', provisional: true, size: 10n }), fill('1', { oid: '88' })];
      expect(await run((unit) => unit.inbox.insertFills(no, [trade, told]))).toHaveLength(1);
      expect(await run((unit) => unit.inbox.insertFills(no, [fill('2', { oid: '89' }), fill('2', { oid: '', provisional: true })]))).toHaveLength(1);
      expect((await run((unit) => unit.inbox.increasingOrders(no, 10))).map(({ oid }) => oid).sort()).toEqual(['88', '89']);
    });

    it.each([
      [5, 'opens', 0n, 'buy', true],
      [6, 'opens short', 0n, 'sell', true],
      [7, 'adds', 10n, 'buy', true],
      [8, 'adds to a short', -10n, 'sell', true],
      [9, 'reduces', 10n, 'sell', false],
      [10, 'reduces a short', -10n, 'buy', false],
      [11, 'closes', 4n, 'sell', false],
      [12, 'turns', 1n, 'sell', true],
      [13, 'turns a short', -3n, 'buy', true],
    ] as const)('7.%i an order that %s the position is told: %s, a fill to %s four, %s', async (_no, _what, startPosition, side, told) => {
      const { no } = await watch();
      await run((unit) => unit.inbox.insertFills(no, [fill('1', { startPosition, side, size: 4n })]));
      expect(await run((unit) => unit.inbox.increasingOrders(no, 10))).toHaveLength(told ? 1 : 0);
    });

    it('7.14 increasing orders are of the newest fills, newest first, each once', async () => {
      const { no } = await watch();
      const given = (
        [
          ['1', 100, 'a'],
          ['2', 300, 'b'],
          ['3', 200, 'c'],
          ['4', 250, 'b'],
        ] as const
      ).map(([tid, timeMs, oid]) => fill(tid, { timeMs, oid }));
      await run((unit) => unit.inbox.insertFills(no, given));
      expect((await run((unit) => unit.inbox.increasingOrders(no, 10))).map(({ oid }) => oid)).toEqual(['b', 'c', 'a']);
      expect((await run((unit) => unit.inbox.increasingOrders(no, 3))).map(({ oid }) => oid)).toEqual(['b', 'c']);
    });

    it('7.15 moves of an account are numbered without gaps, by venue key once, also after an undone unit and from many units', async () => {
      const { no } = await watch();
      await undone((unit) => unit.inbox.recordMoves(no, [moveOf('u1'), moveOf('u2')]));
      const rounds = await Promise.all(
        Array.from({ length: 6 }, (_, index) => run((unit) => unit.inbox.recordMoves(no, [moveOf(`k${index % 4}`), moveOf(`m${index}`)]))),
      );
      const moves = rounds.flatMap((round) => round.moves);
      expect(moves.map(({ seq }) => Number(seq)).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect((await run((unit) => unit.inbox.watched())).find((row) => row.no === no)?.topMoveSeq).toBe(10n);
      const bySeq = [...moves].sort((a, b) => Number(a.seq - b.seq)).map(({ id }) => id);
      expect(bySeq).toEqual([...bySeq].sort((a, b) => Number(a - b)));
      expect((await run((unit) => unit.inbox.recordMoves(no, [moveOf('k0', { coin: 'ETH' })]))).moves[0]).toMatchObject({ coin: 'ETH', seq: 11n });
      expect(await run((unit) => unit.inbox.recordMoves(no, []))).toEqual({ moves: [] });
    });

    it('7.16 a move comes back as it was recorded', async () => {
      const { no } = await watch();
      const given = moveOf('k', { leaderEquity: null });
      const { moves } = await run((unit) => unit.inbox.recordMoves(no, [given, moveOf('k')]));
      const expected = { ...given, id: moves[0]?.id, watchedNo: no, seq: 1n, status: 'recorded', createdAt: bench().clock.now() };
      expect(moves).toEqual([expected]);
      expect(await run((unit) => unit.inbox.latestMoves(no))).toEqual([expected]);
    });

    it('7.17 moves and fills of an account nobody watches are refused', async () => {
      await expect(run((unit) => unit.inbox.recordMoves(999_999_999n, [moveOf('k')]))).rejects.toThrow();
      await expect(run((unit) => unit.inbox.insertFills(999_999_999n, [fill('1')]))).rejects.toThrow();
    });

    it('7.18 open moves are those recorded or planned, oldest first', async () => {
      const { no } = await watch();
      const { moves } = await run((unit) =>
        unit.inbox.recordMoves(
          no,
          ['a', 'b', 'c', 'd', 'e'].map((key) => moveOf(key)),
        ),
      );
      const ids = moves.map(({ id }) => id);
      const [planned, done, superseded, givenUp] = ids.slice(1).map((id) => [id]);
      await undone((unit) => unit.inbox.setMoveStatus(ids, 'done'));
      await run(async ({ inbox }) => {
        await inbox.setMoveStatus(present(planned, 'b'), 'planned');
        await inbox.setMoveStatus(present(done, 'c'), 'done');
        await inbox.setMoveStatus(present(superseded, 'd'), 'superseded');
        await inbox.giveUpMoves(present(givenUp, 'e'), 'unlisted_instrument');
        await inbox.setMoveStatus([], 'done');
      });
      const open = (await run((unit) => unit.inbox.openMoves(1_000))).filter((move) => move.watchedNo === no);
      expect(open).toEqual([moves[0], { ...moves[1], status: 'planned' }]);
      const all = (await run((unit) => unit.inbox.openMoves(1_000))).map(({ id }) => id);
      expect(all).toEqual([...all].sort((a, b) => Number(a - b)));
      expect(await run((unit) => unit.inbox.openMoves(1))).toHaveLength(1);
      expect(await run((unit) => unit.inbox.latestMoves(no))).toEqual([
        { ...moves[4], status: 'given_up', detail: { increments: [1], givenUp: 'unlisted_instrument' } },
      ]);
    });

    it('7.19 the latest move of each coin', async () => {
      const { no } = await watch();
      const given = [moveOf('1', { coin: 'kPEPE' }), moveOf('2', { coin: 'SOL' }), moveOf('3', { coin: 'kPEPE' }), moveOf('4', { coin: 'BTC' })];
      await run((unit) => unit.inbox.recordMoves(no, given));
      expect((await run((unit) => unit.inbox.latestMoves(no))).map(({ coin, venueKey }) => `${coin} ${venueKey}`)).toEqual([
        'BTC 4',
        'SOL 2',
        'kPEPE 3',
      ]);
    });

    it('7.20 wave numbers rise, are never those of moves, and never come twice', async () => {
      const { no } = await watch();
      const { moves } = await run((unit) => unit.inbox.recordMoves(no, [moveOf('k')]));
      let lost = 0;
      await undone(async (unit) => {
        lost = await unit.waveNumbers.next();
      });
      const one = await run((unit) => unit.waveNumbers.next());
      const later = await run((unit) => unit.inbox.recordMoves(no, [moveOf('l')]));
      const numbers = [Number(moves[0]?.id), lost, one, Number(later.moves[0]?.id)];
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    });
  });
}
