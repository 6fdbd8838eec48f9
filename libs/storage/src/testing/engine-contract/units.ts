import type { TenantScope } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { type FurnishedSeat, furnished, SCOPED_WRITES, seen } from './scoped-writes';
import { agentOf, type Bench, eventOf, journalRow, moveOf, postingOf, seatOf } from './seat';

/** What makes a unit roll back in a test. */
class Given extends Error {}

const UNREAD: ReadonlySet<string> = new Set(['events.append', 'records.markOrdersFilled', 'records.recordCross']);

const numbered = SCOPED_WRITES.map((one, index) => ({ ...one, no: index + 1 }));

/** 1 to 3: a unit is whole or not at all, and stays in its scope. */
export function unitContract(bench: () => Bench): void {
  const everything = async (seat: FurnishedSeat, scope: TenantScope = seat.scope) => ({
    kept: await bench().store.kept(scope),
    seen: await bench().store.engine.scoped(scope, (unit) => seen(unit, seat)),
  });

  describe('1 a unit that throws leaves nothing', () => {
    it.each(numbered)('1.$no of $method', async ({ write }) => {
      const seat = await furnished(bench());
      const before = await everything(seat);
      const attempt = bench().store.engine.scoped(seat.scope, async (unit) => {
        await write(unit, seat, bench());
        throw new Given();
      });
      await expect(attempt).rejects.toBeInstanceOf(Given);
      expect(await everything(seat)).toEqual(before);
      // What was undone can be done: no number and no key of it is taken.
      await bench().store.engine.scoped(seat.scope, (unit) => write(unit, seat, bench()));
      expect(await everything(seat)).not.toEqual(before);
    });

    it('1.30 of many writes, the last one first', async () => {
      const seat = await furnished(bench());
      const before = await everything(seat);
      const attempt = bench().store.engine.scoped(seat.scope, async (unit) => {
        for (const { write } of [...SCOPED_WRITES, ...SCOPED_WRITES]) await write(unit, seat, bench());
        throw new Given();
      });
      await expect(attempt).rejects.toBeInstanceOf(Given);
      expect(await everything(seat)).toEqual(before);
    });

    it('1.31 and nothing of it is seen meanwhile', async () => {
      const seat = await seatOf(bench());
      const wave = BigInt(1_000_000 + bench().next());
      let look: Promise<unknown> = Promise.resolve();
      const attempt = bench().store.engine.scoped(seat.scope, async (unit) => {
        await unit.journal.insertAll([journalRow(bench(), seat, wave)]);
        // Begun while this unit is open; a storage that runs one unit after the other answers it later.
        look = bench().store.engine.scoped(seat.scope, (other) => other.journal.ofMoves(0, [wave]));
        await Promise.resolve();
        throw new Given();
      });
      await expect(attempt).rejects.toBeInstanceOf(Given);
      expect(await look).toEqual([]);
    });

    it('1.32 once a statement was refused, even when its unit caught that', async () => {
      const seat = await seatOf(bench());
      const wave = BigInt(1_000_000 + bench().next());
      const unbalanced = { ...postingOf(bench(), seat.copyId, 'broken'), entries: postingOf(bench(), seat.copyId, 'broken').entries.slice(1) };
      const caught = bench().store.engine.scoped(seat.scope, async (unit) => {
        await unit.journal.insertAll([journalRow(bench(), seat, wave)]);
        return unit.ledger.post([unbalanced]).catch(() => 'caught');
      });
      // Nothing of it stands, and nobody is told that it does.
      await expect(caught).rejects.toThrow();
      expect((await bench().store.kept(seat.scope)).journal).toEqual([]);
    });

    it('1.33 once a statement was refused, nothing more is done in it', async () => {
      const seat = await seatOf(bench());
      const unbalanced = { ...postingOf(bench(), seat.copyId, 'broken'), entries: postingOf(bench(), seat.copyId, 'broken').entries.slice(1) };
      const attempt = bench().store.engine.scoped(seat.scope, async (unit) => {
        await unit.ledger.post([unbalanced]).catch(() => undefined);
        await unit.journal.insertAll([journalRow(bench(), seat, 1n)]);
      });
      await expect(attempt).rejects.toThrow();
    });
  });

  describe('2 a unit that returns stands whole', () => {
    it.each(numbered)('2.$no of $method, seen inside before it is seen outside', async ({ method, write }) => {
      const seat = await furnished(bench());
      const before = await everything(seat);
      const inside = await bench().store.engine.scoped(seat.scope, async (unit) => {
        await write(unit, seat, bench());
        return seen(unit, seat);
      });
      const after = await everything(seat);
      expect(after).not.toEqual(before);
      expect(inside).toEqual(after.seen);
      // Neither events, crosses nor the time of a first fill can be read through the port.
      if (!UNREAD.has(method)) expect(inside).not.toEqual(before.seen);
    });

    it('2.30 and all its writes appear together', async () => {
      const seat = await seatOf(bench());
      const writes = Array.from({ length: 8 }, (_, index) =>
        bench().store.engine.scoped(seat.scope, async (unit) => {
          await unit.journal.insertAll([journalRow(bench(), seat, BigInt(index + 1))]);
          await unit.ledger.post([postingOf(bench(), seat.copyId, `w${index}`)]);
        }),
      );
      const waves = Array.from({ length: 8 }, (_, index) => BigInt(index + 1));
      const looks = Array.from({ length: 8 }, () =>
        bench().store.engine.scoped(
          seat.scope,
          async (unit) => [
            (await unit.journal.ofMoves(0, waves)).map((row) => `w${row.moveId - 1n}`).sort(),
            [...(await unit.ledger.postedSources(waves.map((wave) => `w${wave - 1n}`)))].sort(),
          ],
          { isolation: 'repeatable read', readOnly: true },
        ),
      );
      for (const [journaled, posted] of await Promise.all(looks)) expect(journaled).toEqual(posted);
      await Promise.all(writes);
      expect((await bench().store.kept(seat.scope)).transactions).toHaveLength(8);
    });

    it('2.31 its value is handed out, and all its rows carry its time', async () => {
      const seat = await seatOf(bench());
      const at = bench().clock.now() + 1_234;
      bench().clock.set(at);
      const now = await bench().store.engine.scoped(seat.scope, async (unit) => {
        bench().clock.set(at + 10);
        await unit.journal.insertAll([journalRow(bench(), seat, 1n)]);
        await unit.events.append([eventOf(bench())]);
        return unit.now;
      });
      expect(now).toBe(at);
      const { journal, events } = await bench().store.kept(seat.scope);
      expect([journal[0]?.createdAt, events[0]?.createdAt]).toEqual([at, at]);
    });

    it('2.32 what it was handed may change afterwards', async () => {
      const seat = await seatOf(bench());
      const row = journalRow(bench(), seat, 1n, { packed: Buffer.from([1, 2, 3]) });
      await bench().store.engine.scoped(seat.scope, (unit) => unit.journal.insertAll([row]));
      row.packed.fill(0);
      const [kept] = await bench().store.engine.scoped(seat.scope, (unit) => unit.journal.unfinished(0, 1));
      expect([...(kept?.packed ?? [])]).toEqual([1, 2, 3]);
    });

    it('2.33 what it handed out may change afterwards', async () => {
      const seat = await furnished(bench());
      const day = '2026-12-24';
      const read = async () => ({
        seen: await bench().store.engine.scoped(seat.scope, (unit) => seen(unit, seat)),
        seed: await bench().store.engine.platform((unit) => unit.engines.dailySeed(day, { commitment: Buffer.from([1]), seed: Buffer.from([2]) })),
      });
      const [first, spoilt] = [await read(), await read()];
      const bytes = [spoilt.seen.journal[0]?.packed, spoilt.seen.account?.sealedAgentKey, spoilt.seen.former.get(seat.accountId)?.sealedAgentKey];
      for (const buffer of [...bytes, spoilt.seed.seed]) buffer?.fill(77);
      for (const json of [
        spoilt.seen.copy?.settings,
        spoilt.seen.copy?.leaderTerms,
        spoilt.seen.copy?.equity?.detail,
        spoilt.seen.account?.approvals,
      ])
        Reflect.set(Object(json), 'spoilt', true);
      expect(spoilt).not.toEqual(first);
      expect(await read()).toEqual(first);
    });

    it('2.34 what it was handed as bytes or as JSON is its own at once', async () => {
      const seat = await furnished(bench());
      const agent = agentOf(bench(), seat, 'next');
      const payload = { a: [1] };
      const move = moveOf('k', { detail: { list: [1] } });
      await bench().store.gateway(seat.scope, (unit) =>
        unit.commands.append({ kind: 'copy.pause', targetId: seat.copyId, payload, actor: 'contract' }),
      );
      await bench().store.engine.scoped(seat.scope, (unit) => unit.spareAgents.put(agent));
      await bench().store.engine.platform((unit) => unit.inbox.recordMoves(seat.watchedNo, [move]));
      agent.sealedAgentKey.fill(77);
      payload.a.push(2);
      Reflect.set(Object(move.detail), 'list', 'spoilt');
      const kept = await bench().store.engine.scoped(seat.scope, (unit) => seen(unit, seat));
      const [recorded] = await bench().store.engine.platform((unit) => unit.inbox.latestMoves(seat.watchedNo));
      expect([...(kept.next?.sealedAgentKey ?? [])]).toEqual([9, 8, 7]);
      expect(kept.pending.at(-1)?.payload).toEqual({ a: [1] });
      expect(recorded?.detail).toEqual({ list: [1] });
    });

    it('2.35 a unit is unusable once its work returned', async () => {
      const seat = await seatOf(bench());
      const unit = await bench().store.engine.scoped(seat.scope, async (open) => open);
      await expect(unit.journal.insertAll([journalRow(bench(), seat, 1n)])).rejects.toThrow();
      expect((await bench().store.kept(seat.scope)).journal).toEqual([]);
    });

    it('2.36 a unit that only reads is refused a write', async () => {
      const seat = await seatOf(bench());
      const attempt = bench().store.engine.scoped(seat.scope, (unit) => unit.journal.insertAll([journalRow(bench(), seat, 1n)]), { readOnly: true });
      await expect(attempt).rejects.toThrow();
      expect((await bench().store.kept(seat.scope)).journal).toEqual([]);
    });
  });

  describe('3 a unit sees and touches its own scope alone', () => {
    it.each(numbered)('3.$no of $method', async ({ write }) => {
      const [mine, other] = [await furnished(bench()), await furnished(bench())];
      const sibling = scopeFromPlatformList(mine.scope.tenantId, 'test');
      const before = [await everything(other), await everything(mine, sibling)];
      await bench().store.engine.scoped(mine.scope, (unit) => write(unit, mine, bench()));
      expect([await everything(other), await everything(mine, sibling)]).toEqual(before);
    });

    it.each(numbered)('3.$no of $method, given the names of another scope', async ({ write }) => {
      const [mine, other] = [await furnished(bench()), await furnished(bench())];
      const before = await everything(other);
      // Refused or without effect: which of both is the method's own affair.
      await bench()
        .store.engine.scoped(mine.scope, (unit) => write(unit, { ...other, scope: mine.scope }, bench()))
        .catch(() => undefined);
      expect(await everything(other)).toEqual(before);
    });

    it('3.30 names of another scope name nothing', async () => {
      const [mine, other] = [await seatOf(bench()), await furnished(bench())];
      const found = await bench().store.engine.scoped(mine.scope, (unit) => seen(unit, other));
      const sibling = scopeFromPlatformList(other.scope.tenantId, 'test');
      const empty = await bench().store.engine.scoped(sibling, (unit) => seen(unit, other));
      expect(found).toEqual({
        ...empty,
        copies: found.copies.filter(({ id }) => id === mine.copyId),
        leaders: found.leaders.filter(({ id }) => id === mine.leaderId),
        accounts: found.accounts.filter(({ id }) => id === mine.accountId),
      });
      expect([found.copies.length, found.leaders.length, found.accounts.length]).toEqual([1, 1, 1]);
      expect(Object.values(empty).filter((value) => Array.isArray(value) && value.length > 0)).toEqual([]);
    });

    it('3.31 a unit tells its scope', async () => {
      const { scope } = await seatOf(bench());
      expect(await bench().store.engine.scoped(scope, async (unit) => unit.scope)).toEqual(scope);
    });

    it('3.32 the same keys stand in two scopes beside each other', async () => {
      const [one, two] = [await seatOf(bench()), await seatOf(bench())];
      for (const seat of [one, two])
        await bench().store.engine.scoped(seat.scope, async (unit) => {
          expect(await unit.journal.insertAll([journalRow(bench(), seat, 5n)])).toBe(1);
          expect(await unit.ledger.post([postingOf(bench(), seat.copyId, 'same')])).toEqual({ posted: 1, known: 0, topSeq: 1n });
          expect(await unit.events.append([eventOf(bench())])).toMatchObject({ firstSeq: 1n, lastSeq: 1n });
        });
    });
  });
}
