import { describe, expect, it } from 'vitest';
import type { EngineScopedUnit } from '../../engine-port';
import type { EntitlementRow, LeaderTermsRow } from '../../rows/rights';
import type { NewRow } from '../../rows/scoped';
import { type Bench, type Seat, seatOf } from './seat';
import type { GatewayUnit } from './store';

const SHA = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** 11: who may copy a leader, and on which published terms. */
export function rightsContract(bench: () => Bench): void {
  const run = <T>(seat: Seat, work: (unit: EngineScopedUnit) => Promise<T>): Promise<T> => bench().store.engine.scoped(seat.scope, work);
  const gateway = <T>(seat: Seat, work: (unit: GatewayUnit) => Promise<T>): Promise<T> => bench().store.gateway(seat.scope, work);

  const entitlementOf = ({ leaderId, followerId }: Seat, over: Partial<NewRow<EntitlementRow>> = {}): NewRow<EntitlementRow> => {
    const at = bench().clock.now();
    return {
      id: bench().ids.next('entitlement'),
      leaderId,
      followerId,
      until: null,
      revokedAt: null,
      actor: 'key',
      createdAt: at,
      updatedAt: at,
      ...over,
    };
  };
  const termsOf = ({ leaderId }: Seat, version: number, over: Partial<NewRow<LeaderTermsRow>> = {}): NewRow<LeaderTermsRow> => {
    const at = bench().clock.now();
    return { leaderId, version, documentUrl: 'https://brand.example/terms', sha256: SHA, bindingFrom: at, actor: 'key', createdAt: at, ...over };
  };
  const add = (seat: Seat, row: NewRow<EntitlementRow>) => gateway(seat, (unit) => unit.entitlements.insert(row));
  const publish = (seat: Seat, row: NewRow<LeaderTermsRow>) => gateway(seat, (unit) => unit.leaderTerms.insert(row));

  describe('11 rights', () => {
    it('11.1 entitlements that are not revoked are listed, ended or not, and nobody else’s', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const row = entitlementOf(seat, { until: 5 });
      await add(seat, row);
      await add(other, entitlementOf(other));
      const kept = { ...row, ...seat.scope };
      expect(await run(seat, (unit) => unit.entitlements.granted())).toEqual([kept]);
      expect(await run(seat, (unit) => unit.entitlements.findOne({ id: row.id }))).toEqual(kept);
      await gateway(seat, (unit) => unit.entitlements.update({ id: row.id }, { revokedAt: 7 }));
      expect(await run(seat, (unit) => unit.entitlements.granted())).toEqual([]);
      expect(await run(seat, (unit) => unit.entitlements.findOne({ id: row.id }))).toEqual({ ...kept, revokedAt: 7 });
      expect(await run(other, (unit) => unit.entitlements.findOne({ id: row.id }))).toBeNull();
    });

    it('11.2 of a leader and a follower there is one entitlement, and both are of its scope', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      await add(seat, entitlementOf(seat));
      await expect(add(seat, entitlementOf(seat))).rejects.toThrow();
      await expect(add(seat, entitlementOf({ ...seat, leaderId: other.leaderId }))).rejects.toThrow();
      await expect(add(seat, entitlementOf({ ...seat, followerId: other.followerId }))).rejects.toThrow();
    });

    it('11.3 terms are listed by leader and version, of those asked for or all, and a version stands once', async () => {
      const [seat, other] = [await seatOf(bench()), await seatOf(bench())];
      const [one, two] = [termsOf(seat, 1), termsOf(seat, 2, { bindingFrom: bench().clock.now() + 9 })];
      for (const row of [two, one]) await publish(seat, row);
      const kept = [one, two].map((row) => ({ ...row, ...seat.scope }));
      expect(await run(seat, (unit) => unit.leaderTerms.all())).toEqual(kept);
      expect(await run(seat, (unit) => unit.leaderTerms.of([seat.leaderId]))).toEqual(kept);
      expect(await run(seat, (unit) => unit.leaderTerms.of([]))).toEqual([]);
      expect(await run(other, (unit) => unit.leaderTerms.of([seat.leaderId]))).toEqual([]);
      await expect(publish(seat, one)).rejects.toThrow();
      await expect(publish(other, termsOf(seat, 3))).rejects.toThrow();
    });

    it('11.4 a copy comes with who may copy its leader and the newest version it consented to', async () => {
      const seat = await seatOf(bench());
      for (const version of [1, 2]) await publish(seat, termsOf(seat, version));
      const consent = (version: number) =>
        gateway(seat, (unit) => unit.copyConsents.insert({ copyId: seat.copyId, leaderId: seat.leaderId, version, actor: 'key', consentedAt: 3 }));
      for (const version of [2, 1]) await consent(version);
      await expect(consent(2)).rejects.toThrow();
      await expect(consent(3)).rejects.toThrow();
      await gateway(seat, (unit) => unit.leaders.update({ id: seat.leaderId }, { access: 'granted' }));
      const expected = { leaderAccess: 'granted', consentedTo: 2 };
      expect(await run(seat, (unit) => unit.records.runningCopy(seat.copyId))).toMatchObject(expected);
      expect(await run(seat, (unit) => unit.records.runningCopies())).toMatchObject([expected]);
    });
  });
}
