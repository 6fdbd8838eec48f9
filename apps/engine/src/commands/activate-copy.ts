import { type Instrument, money, type TenantScope, toExact } from '@lockstep/kernel';
import { leverageOn, STATUS } from '@lockstep/replication';
import { type CopySettings, filterAdmits } from '@lockstep/roster';
import { type CommandRow, type RunningCopy, runningCopy } from '@lockstep/storage';
import { readVolatility } from '../accounts/leader-volatility';
import { setLeverage as setVenueLeverage } from '../accounts/leverage';
import { barOf } from '../accounts/venue-bars';
import { bookAllocation } from '../books/book-allocation';
import type { EngineContext } from '../context';
import { truthRead } from '../state/account-truth';
import { addCopy } from '../state/load-book';
import { settingsOf } from '../state/load-scope';
import { readEquity } from '../state/real-equity';
import type { AccountRecord, WatchedAccount } from '../state/registry';
import { beginAtNextOpen, beginLate } from './begin-at-next-open';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';
import { leaderEntries, takeOnPositions } from './take-on-positions';
import { writeState } from './write-state';

/** Coins of the leader for which leverage is set before the first order; others are set when the leader begins to trade them (`accounts/prepare-leverage.ts`). */
const LEVERAGE_COINS_MAX = 64;

/** Names the first allocation of a copy in the ledger. */
const ACTIVATION = '1';

/** Prepares a copy at the venue and makes it active: it follows from the leader's next open in each instrument, but for positions its `start` takes on at once. */
export async function activateCopy(ctx: EngineContext, parts: CommandParts, scope: TenantScope, command: CommandRow): Promise<CommandEnd> {
  const copy = await ctx.storage.scoped(scope, (unit) => runningCopy(unit, command.targetId));
  if (copy === null) return refused('unknown_target');
  const settings = settingsOf(copy);
  if (settings === null) return refused('bad_payload', 'settings');
  // A process may have died between the beginning and what it takes on.
  if (copy.state === 'active') return takeOnAtStart(ctx, parts, copy.id, settings);
  if (copy.state !== 'preparing') return refused('wrong_state', copy.state);
  const account = ctx.registry.accountsByNo.get(copy.venueAccountNo);
  if (account === undefined || !account.signs) return refused('wrong_state', 'the venue account is not active');
  const watched = await parts.directory.watched(ctx, copy.watchedNo);
  if (watched === null) return refused('network_unknown');
  if (watched.network !== account.network) return refused('wrong_state', 'leader and venue account are on different networks');
  if (parts.watch.watch(watched) === 'seat_refused') return refused('seat_refused');
  if ((await parts.watch.synced(watched)) !== 'synced') return refused('venue_unreachable', 'the leader could not be read in time');
  const equity = await readEquity(ctx, account);
  if (equity === null) return refused('venue_unreachable');
  if (equity < copy.allocation) return refused('insufficient_equity', `account ${equity}, allocation ${copy.allocation}`);
  const needs = await whatItNeeds(ctx, watched, settings);
  if (needs !== null) return needs;
  const leverage = await prepareLeverage(ctx, copy, account, watched);
  if (leverage !== null) return refused('leverage_refused', leverage);
  await begin(ctx, parts, scope, copy, account, watched, equity);
  return takeOnAtStart(ctx, parts, copy.id, settings);
}

/** Takes on the positions in which the copy waits for an open, where its `start` says so. */
async function takeOnAtStart(ctx: EngineContext, parts: CommandParts, copyId: string, { start }: CopySettings): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(copyId);
  if (start.kind === 'next_open' || copy?.state !== 'active') return applied();
  const entries = await leaderEntries(ctx, copy.watched);
  // The copy runs all the same, and follows from the next open on.
  if (entries === null) return applied({ instruments: [] });
  return applied(await takeOnPositions(ctx, parts, copy, { prices: entries, band: start.band }));
}

/** What a mode goes by besides fills, brought now or said to be missing: the orders of a leader with a seat, or the leader's volatility. */
export async function whatItNeeds(ctx: EngineContext, watched: WatchedAccount, { mode }: CopySettings): Promise<CommandEnd | null> {
  if (mode.kind === 'fixed_amount') {
    const sight = watched.network.users.seats?.sightOf(watched.address);
    return sight?.seat === false ? refused('seat_refused', 'amounts per order need a user-stream seat for the leader') : null;
  }
  if (mode.kind !== 'risk_normalised' || watched.volatility.value !== null) return null;
  return (await readVolatility(ctx, watched)) === null ? refused('leader_volatility') : null;
}

/** Instruments the leader holds or traded, and those the copy's own filter names. */
function instrumentsOf(copy: RunningCopy, watched: WatchedAccount): Instrument[] {
  const found = new Map<string, Instrument>();
  const filter = settingsOf(copy)?.instruments;
  for (const sheet of watched.book.allSheets()) found.set(sheet.instrument.coin, sheet.instrument);
  for (const coin of filter?.kind === 'only' ? filter.coins : []) {
    const view = watched.network.markets.get(coin);
    if (view !== undefined) found.set(coin, view.instrument);
  }
  return [...found.values()].filter((instrument) => filter === undefined || filterAdmits(filter, instrument.coin));
}

/** Sets the copy's leverage on the instruments the leader holds or traded and the account can trade; null when none was refused for itself, else the venue's text. What a busy venue left open is set when the position is seen. */
async function prepareLeverage(ctx: EngineContext, copy: RunningCopy, account: AccountRecord, watched: WatchedAccount): Promise<string | null> {
  const settings = settingsOf(copy);
  if (settings === null) return 'settings';
  const instruments = instrumentsOf(copy, watched).filter((instrument) => barOf(account, instrument) === 0);
  for (const instrument of instruments.slice(0, LEVERAGE_COINS_MAX)) {
    const end = await setVenueLeverage(ctx, account, instrument, leverageOn(instrument, settings.venueLeverage));
    if (end.kind === 'refused') return end.text;
  }
  return null;
}

async function begin(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  copy: RunningCopy,
  account: AccountRecord,
  watched: WatchedAccount,
  equity: bigint,
): Promise<void> {
  const schedules = await ctx.storage.scoped(scope, (unit) => unit.feeSchedules.versions());
  account.fillsReadTo = Math.max(account.fillsReadTo, copy.createdAt);
  truthRead(ctx, account);
  // The row exists before the state is written, without risk; so no move can fall between the two.
  const record = addCopy(ctx, scope, { ...copy, state: 'preparing', startedAt: ctx.clock.now() }, watched, account, schedules);
  // A switch that was on before the copy was there is met now, not at the next look.
  parts.stops.meet(record);
  ctx.wishes.meet(record);
  watched.book.copies.realEquity[record.row] = toExact(equity, 'account value');
  const beginning = beginAtNextOpen(ctx, record);
  try {
    await writeState(ctx, parts.books, record, 'preparing', 'active', 'prepared', async (unit) => {
      await beginning.write(unit);
      await bookAllocation(unit, copy.id, money(copy.allocation), ACTIVATION, ctx.clock.now());
    });
  } catch (failure) {
    // The command is carried out again and adds the copy as it then stands.
    ctx.registry.dropCopy(record.no);
    throw failure;
  }
  beginning.written();
  // A stop that came meanwhile stands.
  if (record.state !== 'active') return;
  const late = beginLate(ctx, parts.books, record, beginning);
  watched.book.setStatus(record.row, STATUS.active, true);
  await late;
}
