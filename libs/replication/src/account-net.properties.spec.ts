import { size, UNIT } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccountMember, equityShares, netRange, putOthers, splitReduceOnly, worstSubset } from './account-net';
import { applyCross, findCrosses, mayCross } from './crossing';
import { MICRO } from './instrument-columns';
import { reconcileMembers } from './reconcile';
import { at, dollars, entryOf, NOW, optionsOf, priceOf, Stage, settingsOf } from './testing/book-builder';

const lots = fc.integer({ min: -40, max: 40 });
const inFlight = fc.integer({ min: 0, max: 15 });
const drawn = fc.record({ position: lots, target: lots, buying: inFlight, selling: inFlight, owed: fc.boolean(), paused: fc.boolean() });
const several = fc.array(drawn, { minLength: 2, maxLength: 5 });
const ACCOUNT = 9;

type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

/** Copies of one account, each of another leader's book, with a book at 99.9 to 100.1. */
function accountOf(copies: readonly Drawn[]): readonly { readonly stage: Stage; readonly member: AccountMember }[] {
  return copies.map(({ position, target, buying, selling, owed, paused }, index) => {
    const stage = new Stage();
    const row = stage.add(entryOf(index + 1, settingsOf('1'), { venueAccount: ACCOUNT, status: paused ? 9 : 1 }));
    const { sheet } = stage;
    stage.book.setBook('BTC', priceOf('99.9'), priceOf('100.1'), NOW);
    sheet.leaderLots = target;
    sheet.rows.position[row] = position;
    sheet.rows.entryValue[row] = Math.abs(position) * 100 * 1e8;
    sheet.rows.target[row] = target * MICRO;
    sheet.rows.pendingBuy[row] = buying;
    sheet.rows.pendingSell[row] = selling;
    if (owed) {
      sheet.rows.owedPrice[row] = 100 * 1e8;
      sheet.rows.owedUntil[row] = NOW + 1_000;
    }
    stage.book.copies.marksFresh[row] = 1;
    stage.book.copies.equity[row] = Number(dollars(1_000_000));
    return { stage, member: { book: stage.book, sheet, row } };
  });
}

const membersOf = (account: ReturnType<typeof accountOf>): readonly AccountMember[] => account.map(({ member }) => member);
const sumOf = (members: readonly AccountMember[]): number => members.reduce((sum, { sheet, row }) => sum + at(sheet.rows.position, row), 0);

describe('several copies on one venue account', { timeout: 60_000 }, () => {
  it('every member sees the same net: its own position, the others’ and the follower’s', () => {
    fc.assert(
      fc.property(several, lots, (copies, own) => {
        const members = membersOf(accountOf(copies));
        putOthers(members, own);
        const range = netRange(members, own);
        for (const { sheet, row } of members) {
          const seen = at(sheet.rows.position, row) + at(sheet.rows.others, row) + at(sheet.rows.beside, row);
          expect(seen).toBe(range.net);
          expect(at(sheet.rows.pendingBuy, row) + at(sheet.rows.othersBuy, row)).toBe(range.high - range.net);
          expect(at(sheet.rows.pendingSell, row) + at(sheet.rows.othersSell, row)).toBe(range.net - range.low);
        }
      }),
    );
  });

  it('a reduce-only leg never opens nor crosses, whatever of the orders in flight filled before it', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(several, lots, fc.boolean(), fc.integer({ min: 1, max: 100 }), share, share, (copies, own, buy, wanted, bought, sold) => {
        const range = netRange(membersOf(accountOf(copies)), own);
        const { reduceOnly, plain } = splitReduceOnly(range, buy, wanted);
        const net = range.net + Math.floor((range.high - range.net) * bought) - Math.floor((range.net - range.low) * sold);
        expect(reduceOnly + plain).toBe(wanted);
        if (reduceOnly === 0) return;
        expect(net * (buy ? -1 : 1)).toBeGreaterThanOrEqual(reduceOnly);
      }),
    );
  });

  it('as much as can be is reduce-only: one lot more would cross at the worst', () => {
    fc.assert(
      fc.property(several, lots, fc.boolean(), fc.integer({ min: 1, max: 100 }), (copies, own, buy, wanted) => {
        const range = netRange(membersOf(accountOf(copies)), own);
        const { reduceOnly, plain } = splitReduceOnly(range, buy, wanted);
        if (plain === 0) return;
        expect(buy ? range.high + reduceOnly + 1 : reduceOnly + 1 - range.low).toBeGreaterThan(0);
      }),
    );
  });

  it('a planned wave sends as reduce-only exactly what the split says, for exits as for entries', () => {
    fc.assert(
      fc.property(several, lots, fc.integer({ min: -40, max: 40 }), (copies, own, leader) => {
        const [first, ...others] = copies.map((copy) => ({ ...copy, owed: false, paused: false }));
        if (first === undefined) return;
        const account = accountOf([{ ...first, buying: 0, selling: 0, target: first.position }, ...others]);
        const members = membersOf(account);
        const stage = account[0]?.stage;
        const member = members[0];
        if (stage === undefined || member === undefined || leader === first.position) return;
        putOthers(members, own);
        const range = netRange(members, own);
        const plan = stage.plan('0', {}, { after: size(BigInt(leader) * UNIT) });
        const { orders } = plan;
        let [reducing, all] = [0, 0];
        for (let order = 0; order < orders.count; order += 1) {
          all += at(orders.lots, order);
          if (orders.reduceOnly[order] === 1) reducing += at(orders.lots, order);
        }
        if (all === 0) return;
        const split = splitReduceOnly(range, orders.buy[0] === 1, all);
        expect({ reducing, plain: all - reducing }).toEqual({ reducing: split.reduceOnly, plain: split.plain });
      }),
    );
  });

  it('the worst subset that leaves is the larger of longs and shorts, and no subset is worse', () => {
    fc.assert(
      fc.property(fc.array(lots, { maxLength: 8 }), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (positions, stays) => {
        const left = positions.reduce((sum, position, index) => sum + (stays[index] === true ? position : 0), 0);
        expect(Math.abs(left)).toBeLessThanOrEqual(worstSubset(positions));
        const side = (sign: number): number => positions.reduce((sum, position) => sum + (position * sign > 0 ? Math.abs(position) : 0), 0);
        expect(worstSubset(positions)).toBe(Math.max(side(1), side(-1)));
      }),
    );
  });

  it('caps of each copy inside its share hold the margin of the worst subset inside the real equity', () => {
    const copy = fc.record({
      equity: fc.integer({ min: -1_000, max: 100_000 }),
      used: fc.double({ min: 0, max: 1, noNaN: true }),
      long: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(copy, { minLength: 1, maxLength: 6 }), fc.integer({ min: -10, max: 300_000 }), (copies, real) => {
        const shares = equityShares(
          real,
          copies.map(({ equity }) => equity),
        );
        const counted = copies.map(({ equity }) => Math.max(0, equity));
        const total = counted.reduce((sum, equity) => sum + equity, 0);
        expect(shares.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(Math.max(0, real));
        const usable = counted.map((equity, index) => Math.min(equity, shares[index] ?? 0));
        if (real >= total) expect(usable).toEqual(counted);
        const margins = copies.map(({ used, long }, index) => Math.floor((usable[index] ?? 0) * used) * (long ? 1 : -1));
        expect(worstSubset(margins)).toBeLessThanOrEqual(Math.max(0, real));
      }),
    );
  });

  it('comparing with the venue ends with net = Σ virtual + own, takes pro rata, and never turns a copy', () => {
    fc.assert(
      fc.property(several, lots, lots, (copies, own, netLots) => {
        const members = membersOf(accountOf(copies));
        putOthers(members, own);
        const before = members.map(({ sheet, row }) => at(sheet.rows.position, row));
        reconcileMembers(members, { venueAccount: ACCOUNT, netLots, foreignTrades: null, unresolved: false });
        const ownAfter = new Set(members.map(({ sheet, row }) => at(sheet.rows.beside, row)));
        expect(ownAfter.size).toBe(1);
        expect(sumOf(members) + ([...ownAfter][0] ?? 0)).toBe(netLots);
        members.forEach(({ sheet, row }, index) => {
          const [was, is] = [before[index] ?? 0, at(sheet.rows.position, row)];
          expect(Math.abs(is)).toBeLessThanOrEqual(Math.abs(was));
          expect(was * is).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });

  it('trades known one by one end with net = Σ virtual + own as well, whatever was held when, and take from no copy more than it held then', () => {
    const trade = fc.record({ size: fc.integer({ min: 1, max: 30 }), held: fc.array(lots, { minLength: 5, maxLength: 5 }) });
    fc.assert(
      fc.property(several, lots, fc.boolean(), fc.array(trade, { minLength: 1, maxLength: 4 }), (copies, own, sold, trades) => {
        const members = membersOf(accountOf(copies));
        putOthers(members, own);
        const before = members.map(({ sheet, row }) => at(sheet.rows.position, row));
        const side = sold ? -1 : 1;
        const each = trades.map(({ size: traded, held }) => ({
          lots: side * traded,
          at: 0,
          held: new Map(held.map((one, index) => [index + 1, one])),
        }));
        const traded = each.reduce((sum, one) => sum + one.lots, 0);
        const netLots = sumOf(members) + own + traded;
        reconcileMembers(members, { venueAccount: ACCOUNT, netLots, foreignTrades: { lots: traded, price: 100 * 1e8, each }, unresolved: false });
        expect(sumOf(members) + at(members[0]?.sheet.rows.beside ?? new Float64Array(1), members[0]?.row ?? 0)).toBe(netLots);
        members.forEach(({ sheet, row }, index) => {
          const closed = ((before[index] ?? 0) - at(sheet.rows.position, row)) * -side;
          const most = Math.max(...trades.map(({ held }) => Math.max(0, (held[index] ?? 0) * -side)));
          expect(closed).toBeGreaterThanOrEqual(0);
          expect(closed).toBeLessThanOrEqual(most);
        });
      }),
    );
  });

  it('a cross conserves the net and the money, brings both nearer to their targets, and stays inside both bounds', () => {
    fc.assert(
      fc.property(several, (copies) => {
        const members = membersOf(accountOf(copies));
        const gap = (member: AccountMember): number => at(member.sheet.rows.target, member.row) - at(member.sheet.rows.position, member.row) * MICRO;
        const value = (): number =>
          members.reduce((sum, { book, sheet, row }) => {
            const position = at(sheet.rows.position, row);
            const entry = at(sheet.rows.entryValue, row);
            return sum + at(book.copies.netPnl, row) + position * 100 * 1e8 - Math.sign(position) * entry;
          }, 0);
        const [net, money] = [sumOf(members), value()];
        for (const cross of findCrosses(members, optionsOf(1))) {
          expect(cross.lots).toBeGreaterThan(0);
          expect(cross.price).toBe(100 * 1e8);
          expect(cross.buyer.limit).toBeGreaterThanOrEqual(cross.price);
          expect(cross.seller.limit).toBeLessThanOrEqual(cross.price);
          const before = [gap(cross.buyer.member), gap(cross.seller.member)];
          applyCross(cross);
          const after = [gap(cross.buyer.member), gap(cross.seller.member)];
          expect(after.map((one, index) => Math.abs(one) < Math.abs(before[index] ?? 0) && one * (before[index] ?? 0) >= 0)).toEqual([true, true]);
        }
        expect(sumOf(members)).toBe(net);
        expect(value()).toBe(money);
        // What could cross has crossed: a second look finds nothing but entries behind exits.
        for (const cross of findCrosses(members, optionsOf(1))) expect(cross.buyer.exit && cross.seller.exit).toBe(false);
      }),
    );
  });

  it('new risk of a copy that may take none does not cross; its exits do', () => {
    fc.assert(
      fc.property(several, (copies) => {
        const members = membersOf(accountOf(copies.map((copy) => ({ ...copy, paused: true }))));
        const crosses = findCrosses(members, optionsOf(1));
        for (const { buyer, seller } of crosses) expect([buyer.exit, seller.exit]).toEqual([true, true]);
        if (crosses.length > 0) expect(mayCross(members)).toBe(true);
      }),
    );
  });
});
