import { money, type TenantId } from '@lockstep/kernel';
import { revalue } from '@lockstep/replication';
import { entryOf, NOW, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { navOf, realEquityOf } from './load-book';
import type { CopyRecord } from './registry';
import { equityStateOf } from './save-equity';

const NAV_ONE = 1_000_000_000_000;
const ctx = { clock: { now: () => 1_000 }, days: { next: () => 9_000 } } as unknown as Pick<EngineContext, 'clock' | 'days'>;

/** References of a copy whose equity was written at 80 of 100, as read with an allocation. */
function found(allocation: bigint) {
  const detail = { navFactor: NAV_ONE, navEquity: 100, navPeak: NAV_ONE, navDay: NAV_ONE, dayEndsAt: 2_000, pnlAnchor: 0 };
  const equity = { flows: 100n, netPnl: -20n, equity: 80n, unitNav: 800_000_000_000n, detail, breaker: 'armed' };
  return navOf(ctx, { tenantId: 'ten_a' as TenantId }, { equity, allocation, startedAt: 1 });
}

describe('references of losses as a start finds them', () => {
  it('are those written where no money moved since', () => {
    expect(found(100n)).toMatchObject({ factor: 1_000_000_000_000n, equity: 100n });
  });

  it.each([
    ['in', 200n, 180n],
    ['out', 60n, 40n],
    ['out, and all of it', 10n, 0n],
  ])('take money moved %s since for neither gain nor loss', (_way, allocation, equity) => {
    expect(found(allocation)).toMatchObject({ factor: 800_000_000_000n, equity });
  });

  it('are what they were before money was taken out that left less than nothing, and given back', () => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settingsOf('1'), { allocation: money(100n) }));
    const { book } = stage;
    book.copies.netPnl[row] = -20;
    revalue(book, NOW, 5_000);
    book.changeAllocation(row, money(10n));
    const equity = equityStateOf({ no: 1, row, state: 'active', watched: { book } } as unknown as CopyRecord);
    book.changeAllocation(row, money(100n));
    const after = navOf(ctx, { tenantId: 'ten_a' as TenantId }, { equity, allocation: 100n, startedAt: 1 });
    expect([after?.factor, after?.equity]).toEqual([BigInt(book.copies.navFactor[row] ?? 0), BigInt(book.copies.navEquity[row] ?? 0)]);
    expect([after?.factor, after?.equity]).toEqual([800_000_000_000n, 80n]);
  });

  it('of a copy that died before its equity was written are its allocation, and the day it began in goes on', () => {
    const scope = { tenantId: 'ten_a' as TenantId };
    const expected = { factor: 1_000_000_000_000n, equity: 100n, peak: 1_000_000_000_000n, day: 1_000_000_000_000n, dayEndsAt: 9_000, pnlAnchor: 0n };
    expect(navOf(ctx, scope, { equity: null, allocation: 100n, startedAt: 1 })).toEqual(expected);
    expect(navOf(ctx, scope, { equity: null, allocation: 100n, startedAt: null })).toBeNull();
  });
});

describe('what an account had for a copy', () => {
  it('is found as it was written, until the account is read again', () => {
    const { book } = new Stage();
    const row = book.addCopy(entryOf(1, settingsOf('1'), { realEquity: money(4_200n) }));
    const equity = equityStateOf({ no: 1, row, state: 'active', watched: { book } } as unknown as CopyRecord);
    expect(realEquityOf({ equity: { ...equity, detail: JSON.parse(JSON.stringify(equity.detail)) }, allocation: 10_000n })).toBe(4_200n);
  });

  it('is what was allocated where nothing of it was written', () => {
    expect(realEquityOf({ equity: null, allocation: 10_000n })).toBe(10_000n);
  });
});
