import { type EpochMs, fromLots, type Money, money, price, RATE_ONE, rate, size, type TenantScope } from '@lockstep/kernel';
import {
  CopyBook,
  type CopyMarkup,
  type FollowerRows,
  type InstrumentSheet,
  LeaderBook,
  lotsLockedTo,
  type NavState,
  STATUS,
} from '@lockstep/replication';
import { type CopySettings, defaultCopySettings } from '@lockstep/roster';
import type { FeeScheduleRow, OwnPosition, PositionState, RunningCopy, VenueAccountRow, WatchedAccountRow } from '@lockstep/storage';
import { entriesUntil } from '../accounts/agent-standing';
import { barCopy } from '../accounts/venue-bars';
import type { EngineContext } from '../context';
import { type Intent, restoreIntent } from './intent';
import { LeaderOrders } from './leader-orders';
import { LeaderState } from './leader-state';
import { putLimits } from './limit-chain';
import { keptFrom, markupNow, settingsOf, statusBits } from './load-scope';
import type { Network } from './networks';
import { putRights } from './put-rights';
import type { AccountRecord, CopyRecord, WatchedAccount } from './registry';
import { learnOwn, noteOwn } from './shared-accounts';

/** A watched account with an empty book; `history` is what an earlier process left. */
export function newWatched(
  row: WatchedAccountRow,
  network: Network,
  history: { readonly begun: boolean; readonly historyFrom: EpochMs },
  followers: FollowerRows,
): WatchedAccount {
  const builders: string[] = [];
  return {
    no: Number(row.no),
    network,
    address: row.address,
    builders,
    book: new CopyBook(builders, undefined, followers),
    leader: new LeaderState(),
    orders: new LeaderOrders(),
    working: new LeaderBook(),
    volatility: { value: null, readAt: 0 },
    leaders: new Set(),
    synced: false,
    leaving: new Map(),
    ...history,
    recordedTo: history.historyFrom,
    movesTo: Number(row.topMoveSeq),
    mayLackMoves: false,
  };
}

/** Adds an account of a scope with how far its fills and funding are read; its key is loaded separately. */
export function addAccount(
  ctx: EngineContext,
  row: VenueAccountRow,
  scope: TenantScope,
  network: Network,
  read: Pick<AccountRecord, 'fillsReadTo' | 'fundingReadTo' | 'changedInsideAt'>,
): AccountRecord {
  return ctx.registry.addAccount({
    no: Number(row.no),
    id: row.id,
    scope,
    network,
    address: row.address,
    accountType: row.accountType,
    wallet: row.masterAddress ?? row.address,
    agentAddress: row.agentAddress,
    agentStatus: row.agentStatus,
    builderAddress: row.builderAddress,
    builderFeeApproved: row.builderFeeApproved,
    signs: false,
    agentValidUntil: row.agentValidUntil ?? 0,
    balances: new Map(),
    collateralReadAt: 0,
    ...read,
    touched: 0,
    truthReadAt: 0,
    truthStale: true,
    truthContradicted: 0,
    own: new Map(),
  });
}

/** Puts a copy into its book: terms, status, signer, markup, and equity as last written. */
export function addCopy(
  ctx: EngineContext,
  scope: TenantScope,
  copy: RunningCopy,
  watched: WatchedAccount,
  account: AccountRecord,
  schedules: readonly FeeScheduleRow[],
): CopyRecord {
  const settings = settingsOf(copy);
  if (settings === null) ctx.log.error('settings of a copy cannot be read; it takes no new risk', { copyNo: copy.no });
  const group = ctx.registry.group(scope, copy.leaderId);
  group.leaderPaused ??= copy.leaderStatus === 'paused';
  group.access ??= copy.leaderAccess;
  const status = statusBits(copy) | (group.leaderPaused ? STATUS.leaderPaused : 0);
  const row = watched.book.addCopy({
    copyNo: copy.no,
    scope: group.index,
    venueAccount: account.index,
    follower: ctx.registry.followerIndexOf(scope, copy.followerId),
    signer: account.signs ? account.signer : -1,
    status: (settings === null ? status & ~STATUS.active : status) | (account.truthStale ? STATUS.staleTruth : 0),
    settings: settings ?? defaultCopySettings(),
    settingsVersion: copy.settingsVersion,
    allocation: money(copy.allocation),
    netPnl: money(copy.equity?.netPnl ?? 0n),
    realEquity: realEquityOf(copy),
    nav: navOf(ctx, scope, copy),
    basisEquity: basisOf(copy),
    agentValidUntil: entriesUntil(account),
    markup: markupOf(ctx, scope, schedules, account, watched),
  });
  watched.book.copies.beganAt[row] = beganAtOf(copy, settings);
  restoreMarks(watched, copy);
  const record: CopyRecord = {
    no: copy.no,
    id: copy.id,
    followerId: copy.followerId,
    group,
    account,
    watched,
    row,
    startedAt: copy.startedAt ?? copy.createdAt,
    consentedTo: copy.consentedTo,
    state: copy.state,
    unwindBy: copy.unwindBy,
    leaving: 0n,
    coming: 0n,
    ownSettings: settings ?? defaultCopySettings(),
    settings: settings ?? defaultCopySettings(),
    settingsVersion: copy.settingsVersion,
  };
  putLimits(ctx.chain, record);
  putRights(ctx, record);
  ctx.registry.addCopy(record);
  learnOwn(record);
  barCopy(record);
  return record;
}

/** The markup of a copy's orders from now on, by a tenant's fee schedule as stored; fills of orders that left before keep their terms. */
export function markupOf(
  ctx: EngineContext,
  scope: TenantScope,
  schedules: readonly FeeScheduleRow[],
  account: AccountRecord,
  watched: WatchedAccount,
): CopyMarkup | null {
  const now = ctx.clock.now();
  const timed = schedules.map((row) => ({ ...row, effectiveFrom: ctx.clocks.realTime(scope, row.effectiveFrom) }));
  ctx.feeTerms.take(scope, timed, now);
  // Where no order can carry a builder fee the markup is accrued behind the fill and invoiced, and no entry waits for an approval.
  if (!account.network.venue.capabilities.builderFee) return null;
  return markupNow(timed, now, account, (address) => builderIndex(watched, address));
}

/** Index of a builder address in a book, added when new. */
function builderIndex(watched: WatchedAccount, address: string): number {
  const known = watched.builders.indexOf(address);
  if (known >= 0) return known;
  watched.builders.push(address);
  return watched.builders.length - 1;
}

/**
 * Puts stored positions into books and ledger, with what the follower holds beside them: an own position against the copied side would otherwise look like a
 * close by the follower. Positions in instruments the venue no longer lists are reported and left in storage.
 */
export function restorePositions(ctx: EngineContext, states: readonly PositionState[], own: readonly OwnPosition[]): void {
  const beside = new Map(own.map((position) => [`${position.venueAccountNo} ${position.coin}`, position.own]));
  for (const position of own) {
    const account = ctx.registry.accountsByNo.get(position.venueAccountNo);
    if (account !== undefined) noteOwn(account, position.coin, size(position.own));
  }
  for (const copy of ctx.registry.copies.values()) learnOwn(copy);
  for (const state of states) {
    const copy = ctx.registry.copies.get(state.copyNo);
    if (copy === undefined) continue;
    const view = copy.watched.network.markets.get(state.coin);
    if (view === undefined) {
      ctx.log.error('a stored position is in an instrument the venue does not list', { copyNo: state.copyNo, coin: state.coin });
      continue;
    }
    const kept = keptFrom(state);
    ctx.booked.set(copy.no, state.coin, kept);
    const sheet = copy.watched.book.sheet(view.instrument);
    copy.watched.book.restorePosition(copy.row, view.instrument, {
      position: kept.booked.book.quantity,
      beside: size(beside.get(`${copy.account.no} ${state.coin}`) ?? 0n),
      target: kept.intent.targetMicro,
      entryValue: money(kept.booked.book.cost < 0n ? -kept.booked.book.cost : kept.booked.book.cost),
      realised: kept.booked.realised,
      forfeited: kept.intent.forfeitedMicro,
      adds: kept.intent.adds,
      episode: kept.intent.episodeBits,
    });
    restoreIntent(sheet, copy.row, kept.intent);
    standWhereTaken(copy, sheet, kept.intent);
  }
}

/**
 * Where the leader stood when he was first seen, in an instrument he has not traded since: no move tells it, the target a copy took on there does, by its locked ratio.
 * Without it what he closes while no engine runs would be no change of his, and what was taken on would be kept.
 */
function standWhereTaken({ watched, row }: CopyRecord, sheet: InstrumentSheet, { targetMicro, rho }: Intent): void {
  const { coin } = sheet.instrument;
  const lots = lotsLockedTo(targetMicro, rho);
  if (lots === 0 || watched.leader.positions.has(coin)) return;
  const side = Math.sign(targetMicro) * (watched.book.copies.direction[row] ?? 1);
  sheet.leaderLots = side * lots;
  watched.leader.positions.set(coin, size(fromLots(sheet.instrument, lots) * BigInt(side)));
}

/**
 * From what losses are measured, as last written; money moved in or out since is linked in, as it would have been by a process that had not died. Where the tenant's day ended while no engine ran, the new day is measured from the last value of the old one:
 * what was lost meanwhile counts.
 */
export function navOf(
  ctx: Pick<EngineContext, 'clock' | 'clocks' | 'days'>,
  scope: TenantScope,
  copy: Pick<RunningCopy, 'equity' | 'allocation' | 'startedAt'>,
): NavState | null {
  const { equity } = copy;
  const now = ctx.clock.now();
  const [factor, linked] = [kept(copy, 'navFactor', -1), kept(copy, 'navEquity', -1)];
  if (equity === null || factor < 0 || linked < 0) {
    // A copy that ran before and whose equity was never written is measured from its allocation, its day too, so that a restart forgives no loss.
    return copy.startedAt === null ? null : { ...BEGINNING, equity: money(copy.allocation), dayEndsAt: ctx.days.next(scope, now) };
  }
  const endsAt = kept(copy, 'dayEndsAt', 0);
  const dayEndsAt = endsAt === 0 ? 0 : ctx.clocks.realTime(scope, endsAt);
  const isOver = dayEndsAt > 0 && dayEndsAt <= now;
  const moved = copy.allocation - equity.flows;
  const after = equity.equity - BigInt(kept(copy, 'shortfall', 0)) + moved;
  return {
    // Money that was taken out left nothing: what it was worth before that is what the money that came meets.
    factor: rate(moved === 0n || linked === 0 ? BigInt(factor) : equity.unitNav),
    equity: money(moved === 0n ? BigInt(linked) : after > 0n ? after : 0n),
    peak: rate(BigInt(kept(copy, 'navPeak', NAV_ONE))),
    day: isOver ? rate(equity.unitNav) : rate(BigInt(kept(copy, 'navDay', NAV_ONE))),
    dayEndsAt: isOver ? ctx.days.next(scope, now) : dayEndsAt,
    pnlAnchor: money(BigInt(kept(copy, 'pnlAnchor', 0))),
  };
}

const NAV_ONE = Number(RATE_ONE);
const BEGINNING = { factor: rate(RATE_ONE), peak: rate(RATE_ONE), day: rate(RATE_ONE), pnlAnchor: money(0n) };

/** A number kept with a copy's equity. */
function kept(copy: Pick<RunningCopy, 'equity'>, name: string, otherwise: number): number {
  const value = keptDetail(copy, name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise;
}

function keptDetail({ equity }: Pick<RunningCopy, 'equity'>, name: string): unknown {
  const detail = equity?.detail;
  return typeof detail === 'object' && detail !== null ? Reflect.get(detail, name) : undefined;
}

/** What the copy's account had for it when it was last known: until it is read, a move is sized by that. One never known has what was allocated. */
export const realEquityOf = (copy: Pick<RunningCopy, 'equity' | 'allocation'>): Money => {
  const real = kept(copy, 'realEquity', -1);
  return money(real < 0 ? copy.allocation : BigInt(real));
};

/**
 * From when on an open of the leader is the copy's own. Where that was never written, the copy began with its first state that lets it follow; one that adopts takes
 * on what the leader has all the same.
 */
export function beganAtOf(copy: Pick<RunningCopy, 'equity' | 'startedAt'>, settings: Pick<CopySettings, 'start'> | null): EpochMs {
  return kept(copy, 'beganAt', settings !== null && settings.start.kind !== 'next_open' ? 0 : (copy.startedAt ?? 0));
}

/** When marks that were written were told is not known: older than any that comes, and too old for new risk. */
const LONG_AGO = 1;

/**
 * Marks at which a copy was last valued, until newer ones come. Where the venue's list cannot be read at a start nothing has a mark, and what was held would be
 * worth what it cost: a copy in profit could be closed for what it has realised, and trailing losses be measured from a value it never had.
 */
function restoreMarks({ book, network }: Pick<WatchedAccount, 'book' | 'network'>, copy: Pick<RunningCopy, 'equity'>): void {
  const marks = keptDetail(copy, 'marks');
  for (const [coin, mark] of Object.entries(typeof marks === 'object' && marks !== null ? marks : {})) {
    const view = network.markets.get(coin);
    if (view === undefined || typeof mark !== 'number' || !Number.isSafeInteger(mark) || mark <= 0) continue;
    book.sheet(view.instrument);
    book.setMark(coin, price(BigInt(mark)), LONG_AGO);
  }
}

function basisOf(copy: RunningCopy) {
  const basisEquity = kept(copy, 'basisEquity', 0);
  return basisEquity > 0 ? money(BigInt(basisEquity) * 100n) : null;
}
