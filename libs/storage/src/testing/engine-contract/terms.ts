import { describe, expect, it } from 'vitest';
import { isTermOver } from '../../failures';
import { type Bench, journalRow, type Seat, seatOf } from './seat';

/** 10: of two engines the one that began later writes, and the other one does not. */
export function termContract(bench: () => Bench): void {
  const begin = async (): Promise<number> => {
    const claimed = await bench().store.engine.platform((unit) => unit.engines.claimInstance('term', 1_000));
    if (!claimed.ok) throw new Error(claimed.error);
    return claimed.value.term;
  };
  const journal = (seat: Seat, wave: bigint, term: number) =>
    bench().store.engine.scoped(seat.scope, (unit) => unit.journal.insertAll([journalRow(bench(), seat, wave)]), { term });
  const waves = async (seat: Seat) => (await bench().store.kept(seat.scope)).journal.map(({ moveId }) => moveId).sort();
  const over = (attempt: Promise<unknown>): Promise<boolean> => attempt.then(() => false, isTermOver);

  describe('10 terms of engines', () => {
    it('10.1 the newest one writes, one before it writes nothing any more', async () => {
      const seat = await seatOf(bench());
      const first = await begin();
      expect(await journal(seat, 1n, first)).toBe(1);
      const second = await begin();
      expect(await over(journal(seat, 2n, first))).toBe(true);
      expect(await journal(seat, 3n, second)).toBe(1);
      expect(await over(journal(seat, 4n, first))).toBe(true);
      expect(await waves(seat)).toEqual([1n, 3n]);
    });

    it('10.2 the same on platform tables', async () => {
      const first = await begin();
      const second = await begin();
      const stop = (term: number) => bench().store.engine.platform((unit) => unit.engines.heartbeat(1), { term });
      expect(await over(stop(first))).toBe(true);
      expect(await over(stop(second))).toBe(false);
    });

    it('10.3 the work of a unit whose term is over is not begun', async () => {
      const seat = await seatOf(bench());
      const first = await begin();
      await begin();
      let begun = false;
      const attempt = bench().store.engine.scoped(
        seat.scope,
        async () => {
          begun = true;
        },
        { term: first },
      );
      expect([await over(attempt), begun]).toEqual([true, false]);
    });

    it('10.4 a unit that only reads, or is of no term, is not asked', async () => {
      const seat = await seatOf(bench());
      const first = await begin();
      await begin();
      const read = bench().store.engine.scoped(seat.scope, (unit) => unit.journal.unfinished(0, 1), { term: first, readOnly: true });
      expect(await read).toEqual([]);
      await bench().store.engine.scoped(seat.scope, (unit) => unit.journal.insertAll([journalRow(bench(), seat, 1n)]));
      expect(await waves(seat)).toEqual([1n]);
    });

    it('10.5 a term that was not begun to the end ends none', async () => {
      const seat = await seatOf(bench());
      const first = await begin();
      const undone = bench().store.engine.platform(async (unit) => {
        await unit.engines.claimInstance('undone', 1_000);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      expect(await journal(seat, 1n, first)).toBe(1);
    });

    it('10.6 what stands of many units of a term stood before the next one began', async () => {
      const seat = await seatOf(bench());
      const first = await begin();
      const numbers = Array.from({ length: 12 }, (_, index) => BigInt(index + 1));
      const attempts = numbers.map((wave) =>
        journal(seat, wave, first).then(
          () => wave,
          () => null,
        ),
      );
      await begin();
      const stood = await waves(seat);
      const written = (await Promise.all(attempts)).filter((wave) => wave !== null);
      expect(await waves(seat)).toEqual(stood);
      // One whose session was ended as it committed may stand without its engine having been told.
      expect(written.filter((wave) => !stood.includes(wave))).toEqual([]);
    });
  });
}
