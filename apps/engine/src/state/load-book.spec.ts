import { money, price, type TenantId, type TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { CopyBook, lockedRatio, MICRO, revalue } from '@lockstep/replication';
import { dollars, entryOf, instrumentOf, NOW, priceOf, Stage, settingsOf, sizeOf } from '@lockstep/replication/testing/book-builder';
import { type CopySettings, encodeCopySettings } from '@lockstep/roster';
import type { PositionState, RunningCopy } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import { intentTermsOf } from '../proposals/ask-followers';
import { TestClocks } from '../test-clocks';
import { CopyLedger } from './copy-ledger';
import { LeaderState } from './leader-state';
import { LimitChain } from './limit-chain';
import { addCopy, beganAtOf, navOf, realEquityOf, restorePositions } from './load-book';
import { type AccountRecord, type CopyRecord, Registry, type WatchedAccount } from './registry';
import { Rights } from './rights';
import { equityStateOf } from './save-equity';

const NAV_ONE = 1_000_000_000_000;
const ctx = {
  clock: { now: () => 1_000 },
  clocks: new TestClocks(),
  days: { next: () => 9_000, written: (_scope: TenantScope, endsAt: number) => endsAt },
} as unknown as Pick<EngineContext, 'clock' | 'clocks' | 'days'>;
const SCOPE_A = { tenantId: 'ten_a' as TenantId, environment: 'live' } as TenantScope;
const group = { scope: SCOPE_A };

/** References of a copy whose equity was written at 80 of 100, as read with an allocation. */
function found(allocation: bigint) {
  const detail = { navFactor: NAV_ONE, navEquity: 100, navPeak: NAV_ONE, navDay: NAV_ONE, dayEndsAt: 2_000, pnlAnchor: 0 };
  const equity = { flows: 100n, netPnl: -20n, equity: 80n, unitNav: 800_000_000_000n, detail, breaker: 'armed' };
  return navOf(ctx, SCOPE_A, { equity, allocation, startedAt: 1 });
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
    const equity = equityStateOf(ctx, { no: 1, row, group, state: 'active', watched: { book } } as unknown as CopyRecord);
    book.changeAllocation(row, money(100n));
    const after = navOf(ctx, SCOPE_A, { equity, allocation: 100n, startedAt: 1 });
    expect([after?.factor, after?.equity]).toEqual([BigInt(book.copies.navFactor[row] ?? 0), BigInt(book.copies.navEquity[row] ?? 0)]);
    expect([after?.factor, after?.equity]).toEqual([800_000_000_000n, 80n]);
  });

  it('of a copy that died before its equity was written are its allocation, and the day it began in goes on', () => {
    const scope = SCOPE_A;
    const expected = { factor: 1_000_000_000_000n, equity: 100n, peak: 1_000_000_000_000n, day: 1_000_000_000_000n, dayEndsAt: 9_000, pnlAnchor: 0n };
    expect(navOf(ctx, scope, { equity: null, allocation: 100n, startedAt: 1 })).toEqual(expected);
    expect(navOf(ctx, scope, { equity: null, allocation: 100n, startedAt: null })).toBeNull();
  });
});

describe('what an account had for a copy', () => {
  it('is found as it was written, until the account is read again', () => {
    const { book } = new Stage();
    const row = book.addCopy(entryOf(1, settingsOf('1'), { realEquity: money(4_200n) }));
    const equity = equityStateOf(ctx, { no: 1, row, group, state: 'active', watched: { book } } as unknown as CopyRecord);
    expect(realEquityOf({ equity: { ...equity, detail: JSON.parse(JSON.stringify(equity.detail)) }, allocation: 10_000n })).toBe(4_200n);
  });

  it('is what was allocated where nothing of it was written', () => {
    expect(realEquityOf({ equity: null, allocation: 10_000n })).toBe(10_000n);
  });
});

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;

/** A process that begins with the copy as the one before wrote it, at a venue whose list has no marks yet. */
function begun(equity: RunningCopy['equity'], part: Partial<CopySettings> = {}) {
  const registry = new Registry();
  const book = new CopyBook();
  const instrument = instrumentOf('BTC', 1);
  const markets = { get: (coin: string) => (coin === 'BTC' ? { instrument, mark: price(0n), markAt: 0 } : undefined), isDollar: () => true };
  const network = { markets, venue: { capabilities: { builderFee: false } } };
  const watched = { no: 1, book, builders: [], network, leader: new LeaderState() } as unknown as WatchedAccount;
  const account = { no: 9, index: 0, network, balances: new Map(), own: new Map(), signs: false, truthStale: true } as unknown as AccountRecord;
  const engine = {
    ...ctx,
    registry,
    chain: new LimitChain(),
    rights: new Rights(),
    stops: new StopVersion(),
    booked: new CopyLedger(),
    feeTerms: { take: () => undefined },
    log: silentLogger,
  } as unknown as EngineContext;
  const settings = encodeCopySettings(settingsOf('1', part));
  const copy = {
    no: 1,
    id: 'cpy_a',
    state: 'active',
    allocation: dollars(100),
    startedAt: 500,
    settings,
    settingsVersion: 1,
    consentedTo: 0,
    equity,
  };
  const record = addCopy(engine, SCOPE, copy as unknown as RunningCopy, watched, account, []);
  return { engine, book, record };
}

/** A copy as its process wrote it. */
const written = (stage: Stage, row: number) => {
  const equity = equityStateOf(ctx, { no: 1, row, group, state: 'active', watched: stage } as unknown as CopyRecord);
  return { ...equity, detail: JSON.parse(JSON.stringify(equity.detail)) };
};

describe('from when on the leader’s opens are a copy’s own', () => {
  it('is what the process before went by, to the millisecond in which fills are counted', () => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settingsOf('1')));
    stage.book.beginAtNextOpen(row, NOW + 0.25);
    const { book, record } = begun(written(stage, row));
    expect(book.copies.beganAt[record.row]).toBe(NOW + 1);
    // Moves planned before its death and not written are taken out of the journal by it.
    expect(intentTermsOf(record, stage.sheet, { incrementPrice: 0, newOrders: 0 }).beganAt).toBe(NOW + 1);
    stage.book.copies.beganAt[row] = 0;
    expect(begun(written(stage, row)).book.copies.beganAt[0]).toBe(0);
  });

  it.each<[string, CopySettings['start'], number]>([
    ['its first state that lets it follow, of one that begins at the next open', { kind: 'next_open' }, 500],
    ['never, of one that adopts', { kind: 'adopt', band: null }, 0],
  ])('where that was never written is %s', (_what, start, moment) => {
    expect(beganAtOf({ equity: null, startedAt: 500 }, { start })).toBe(moment);
    expect(begun(null, { start }).book.copies.beganAt[0]).toBe(moment);
  });
});

/** Half a coin at 50, of a target as large; in the instrument the leader has no recorded move. */
const taken = (rho: number): PositionState => {
  const intent = { targetMicro: BigInt(5 * MICRO), rho: BigInt(rho), forfeitedMicro: 0n, owedPrice: 0n, aheadBuy: 0n, aheadSell: 0n };
  const state = { copyNo: 1, coin: 'BTC', position: sizeOf('0.5'), entryValue: dollars(50), realisedPnl: 0n, fees: 0n, funding: 0n, ...intent };
  return state as unknown as PositionState;
};

describe('a position of the leader from before he was watched', () => {
  it.each<[string, CopySettings['direction'], number]>([
    ['stands behind what a copy took on of it', 'same', 7],
    ['stands on the other side of what an inverse copy took on of it', 'inverse', -7],
  ])('%s, so that its reductions and its end are followed', (_what, direction, lots) => {
    const { engine, book, record } = begun(null, { direction });
    restorePositions(engine, [taken(lockedRatio(5 * MICRO, 7))], []);
    const { positions } = record.watched.leader;
    expect([book.findSheet('BTC')?.leaderLots, positions.get('BTC')]).toEqual([lots, BigInt(lots) * sizeOf('0.1')]);
  });

  it('is what his moves say where there are any', () => {
    const { engine, book, record } = begun(null);
    record.watched.leader.positions.set('BTC', sizeOf('0.3'));
    restorePositions(engine, [taken(lockedRatio(5 * MICRO, 7))], []);
    expect([book.findSheet('BTC')?.leaderLots, record.watched.leader.positions.get('BTC')]).toEqual([0, sizeOf('0.3')]);
  });
});

describe('a copy at a venue that tells no marks as a process begins', () => {
  it('is worth what it last was, and takes no new risk', () => {
    const stage = new Stage(instrumentOf('BTC', 1));
    const row = stage.add(entryOf(1, settingsOf('1'), { allocation: money(dollars(100)) }));
    const { rows } = stage.sheet;
    [rows.position[row], rows.entryValue[row]] = [5, Number(dollars(50))];
    stage.book.setMark('BTC', priceOf('60'), NOW);
    revalue(stage.book, NOW, 5_000);
    expect(stage.book.copies.equity[row]).toBe(Number(dollars(80)));
    const { engine, book, record } = begun(written(stage, row));
    restorePositions(engine, [taken(0)], []);
    revalue(book, NOW, 5_000);
    expect([book.copies.equity[record.row], book.copies.marksFresh[record.row]]).toEqual([Number(dollars(80)), 0]);
    book.setMark('BTC', priceOf('70'), NOW);
    revalue(book, NOW, 5_000);
    expect([book.copies.equity[record.row], book.copies.marksFresh[record.row]]).toEqual([Number(dollars(85)), 1]);
  });
});
