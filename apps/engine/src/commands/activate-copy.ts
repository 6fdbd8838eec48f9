import { type Instrument, money, type TenantScope } from '@lockstep/kernel';
import { leverageOn, STATUS } from '@lockstep/replication';
import { type CopySettings, filterAdmits, sharingConflict } from '@lockstep/roster';
import { type CommandRow, type RunningCopy, runningCopy, saveVenueNets } from '@lockstep/storage';
import type { AccountState } from '@lockstep/venues/port';
import { shareAccount } from '../accounts/clearing-shares';
import { readVolatility } from '../accounts/leader-volatility';
import { setLeverage as setVenueLeverage } from '../accounts/leverage';
import { barOf } from '../accounts/venue-bars';
import { bookAllocation } from '../books/book-allocation';
import type { EngineContext } from '../context';
import { instrumentsOf, netsOf, noteUnmet } from '../repair/account-nets';
import { stateIn } from '../repair/position-in';
import { truthRead } from '../state/account-truth';
import { addCopy } from '../state/load-book';
import { settingsOf } from '../state/load-scope';
import { equityOf, readAllNext, readStates } from '../state/real-equity';
import type { AccountRecord, WatchedAccount } from '../state/registry';
import { equityOfOthers, leavingOfOthers } from '../state/shared-accounts';
import { beginAtNextOpen, beginLate } from './begin-at-next-open';
import { applied, type CommandEnd, type CommandParts, type LaterEnd, later, refused } from './command-end';
import { READ_RETRY_MS } from './known-worth';
import { leaderEntries, takeOnPositions } from './take-on-positions';
import { writeState } from './write-state';

/** Coins of the leader for which leverage is set before the first order; others are set when the leader begins to trade them (`accounts/prepare-leverage.ts`). */
const LEVERAGE_COINS_MAX = 64;

/** Wait for a leader nobody sees, whose positions are to be taken on, in ms. */
const SIGHT_RETRY_MS = 1_000;
/** Wait before it is asked again where the leader entered, in ms. */
const ENTRIES_RETRY_MS = 5_000;

/** Names the first allocation of a copy in the ledger. */
const ACTIVATION = '1';

/** Prepares a copy at the venue and makes it active: it follows from the leader's next open in each instrument, but for positions its `start` takes on at once. */
export async function activateCopy(ctx: EngineContext, parts: CommandParts, scope: TenantScope, command: CommandRow): Promise<CommandEnd | LaterEnd> {
  const copy = await ctx.storage.scoped(scope, (unit) => runningCopy(unit, command.targetId));
  if (copy === null) return refused('unknown_target');
  const settings = settingsOf(copy);
  if (settings === null) return refused('bad_payload', 'settings');
  // A process may have died between the beginning and what it takes on, and other wishes been carried out meanwhile.
  if (copy.state !== 'preparing') return copy.startedAt === null ? refused('wrong_state', copy.state) : takeOnAtStart(ctx, parts, copy.id);
  const account = ctx.registry.accountsByNo.get(copy.venueAccountNo);
  if (account === undefined || !account.signs) return refused('wrong_state', 'the venue account is not active');
  const watched = await parts.directory.watched(ctx, copy.watchedNo);
  if (watched === null) return refused('network_unknown');
  if (watched.network !== account.network) return refused('wrong_state', 'leader and venue account are on different networks');
  if (parts.watch.watch(watched) === 'seat_refused') return refused('seat_refused');
  if ((await parts.watch.synced(watched)) !== 'synced') return refused('venue_unreachable', 'the leader could not be read in time');
  const known = knownOf(account);
  // Before its first copy nobody looks at what its follower trades.
  if (ctx.registry.copiesOf(account).length === 0) readAllNext(account);
  const { states, beside, missing } = await readStates(ctx, account);
  if (missing !== null) return refused('venue_unreachable');
  const equity = equityOf(account);
  const full = allocationRefusal(ctx, account, copy, equity);
  if (full !== null) return full;
  const effective = inEffect(ctx, scope, copy, settings);
  const conflict = sharingRefusal(ctx, account, watched, effective);
  if (conflict !== null) return conflict;
  const needs = await whatItNeeds(ctx, watched, settings);
  if (needs !== null) return needs;
  const leverage = await prepareLeverage(ctx, effective, account, watched);
  if (leverage !== null) return refused('leverage_refused', leverage);
  const refusal = await begin(ctx, parts, scope, copy, account, watched, settings, { equity, states: [...states, ...beside], known });
  // Orders of a copy that ended in between were not in what was read: what it closed would be taken for the follower's own.
  if (refusal === 'read_before') return activateCopy(ctx, parts, scope, command);
  return refusal ?? takeOnAtStart(ctx, parts, copy.id);
}

/** A copy's settings under all limits above it. Where those cannot be read it takes no risk, and its own stand for them. */
const inEffect = (ctx: EngineContext, scope: TenantScope, { leaderId, followerId }: RunningCopy, own: CopySettings): CopySettings =>
  ctx.chain.effective(own, { scope, leaderId, followerId })?.settings ?? own;

/** Σ U of an account's copies may not exceed what it really holds (product §1); what is about to leave another is waited for. */
function allocationRefusal(ctx: EngineContext, account: AccountRecord, copy: RunningCopy, equity: bigint): CommandEnd | LaterEnd | null {
  const others = equityOfOthers(ctx.registry, account, null);
  if (copy.allocation + others <= equity) return null;
  if (copy.allocation + others - leavingOfOthers(ctx.registry, account, null) <= equity) return later(READ_RETRY_MS);
  return refused('insufficient_equity', `account ${equity}, allocation ${copy.allocation}, other copies ${others}`);
}

/** What the gateway refused already, asked again of what runs: settings may have changed since. */
function sharingRefusal(ctx: EngineContext, account: AccountRecord, watched: WatchedAccount, settings: CopySettings): CommandEnd | null {
  const running = ctx.registry.copiesOf(account).map((other) => ({ watchedNo: BigInt(other.watched.no), settings: other.settings }));
  // Without ids of ours an order of unknown outcome is told by the distance the account's position went, and another copy's order would go the same way.
  if (running.length > 0 && !account.network.venue.capabilities.clientOrderId) return refused('venue_account_conflict', 'venue');
  const conflict = sharingConflict({ watchedNo: BigInt(watched.no), settings }, running);
  return conflict === null ? null : refused('venue_account_conflict', conflict);
}

/**
 * Takes on the positions in which the copy waits for an open, where its `start` says so. A leader nobody sees is taken for flat where no move of his tells, as after a
 * start: the copy runs all the same and follows from the next open on, and what he has is taken on once he is seen, and once it is known where he entered.
 */
export async function takeOnAtStart(
  ctx: EngineContext,
  parts: Pick<CommandParts, 'books' | 'lanes' | 'watch'>,
  copyId: string,
): Promise<CommandEnd | LaterEnd> {
  const copy = ctx.registry.copiesById.get(copyId);
  if (copy?.state !== 'active' || copy.settings.start.kind === 'next_open') return applied();
  const { band } = copy.settings.start;
  const rest = () => takeOnAtStart(ctx, parts, copyId);
  if (!parts.watch.sees(copy.watched)) return later(SIGHT_RETRY_MS, rest);
  const entries = band === null ? new Map<string, number>() : await leaderEntries(ctx, copy.watched);
  return entries === null ? later(ENTRIES_RETRY_MS, rest) : applied(await takeOnPositions(ctx, parts, copy, { prices: entries, band }));
}

/** What a mode goes by besides fills, brought now or said to be missing: the orders of a leader with a seat, or the leader's volatility. */
export async function whatItNeeds(ctx: EngineContext, watched: WatchedAccount, { mode, policy }: CopySettings): Promise<CommandEnd | null> {
  if (policy === 'orders') {
    const refusal = ordersRefusal(watched);
    if (refusal !== null) return refusal;
  }
  if (mode.kind === 'fixed_amount') {
    const sight = watched.network.users.seats?.sightOf(watched.address);
    return sight?.seat === false ? refused('seat_refused', 'amounts per order need a user-stream seat for the leader') : null;
  }
  if (mode.kind !== 'risk_normalised' || watched.volatility.value !== null) return null;
  return (await readVolatility(ctx, watched)) === null ? refused('leader_volatility') : null;
}

/** Orders are mirrored where the venue tells them, holds ours, and lets what became of one be found out; and only for leaders with a seat whose orders can be followed. */
function ordersRefusal({ network, address }: WatchedAccount): CommandEnd | null {
  const { capabilities, workingOrders } = network.venue;
  const { orderStream, workingOrders: holds, clientOrderId, nonceNoop, reduceOnly } = capabilities;
  if (workingOrders === undefined || !(orderStream && holds && clientOrderId && nonceNoop && reduceOnly))
    return refused('seat_refused', 'orders cannot be mirrored at this venue');
  const sight = network.users.seats?.sightOf(address);
  if (sight?.seat === true && sight.orders) return null;
  return refused('seat_refused', 'mirrored orders need a user-stream seat for the leader, and one of those kept for orders');
}

/** What was read of an account holds every trade of before: one that is told later is counted already. */
function countedUpTo(ctx: EngineContext, account: AccountRecord, met: readonly Instrument[], states: readonly AccountState[]): void {
  for (const instrument of met) {
    const state = stateIn(states, instrument);
    if (state !== undefined) ctx.ownTrades.forget(account, instrument, state.time);
  }
}

/** Instruments the leader holds or traded, and those the copy's own filter names. */
function leveragedIn({ instruments: filter }: CopySettings, watched: WatchedAccount): Instrument[] {
  const found = new Map<string, Instrument>();
  for (const sheet of watched.book.allSheets()) found.set(sheet.instrument.coin, sheet.instrument);
  for (const coin of filter.kind === 'only' ? filter.coins : []) {
    const view = watched.network.markets.get(coin);
    if (view !== undefined) found.set(coin, view.instrument);
  }
  return [...found.values()].filter((instrument) => filterAdmits(filter, instrument.coin));
}

/** Sets the copy's leverage on the instruments the leader holds or traded and the account can trade; null when none was refused for itself, else the venue's text. What a busy venue left open is set when the position is seen. */
async function prepareLeverage(ctx: EngineContext, settings: CopySettings, account: AccountRecord, watched: WatchedAccount): Promise<string | null> {
  const instruments = leveragedIn(settings, watched).filter((instrument) => barOf(account, instrument) === 0);
  for (const instrument of instruments.slice(0, LEVERAGE_COINS_MAX)) {
    const end = await setVenueLeverage(ctx, account, instrument, leverageOn(instrument, settings.venueLeverage));
    if (end.kind === 'refused') return end.text;
  }
  return null;
}

/** Tells one moment of what is known of an account's orders and fills from another. */
const knownOf = ({ touched, truthContradicted }: AccountRecord): string => `${touched} ${truthContradicted}`;

/** What was read of an account before a copy begins on it, and what was known of it before that. */
interface AccountReading {
  readonly equity: bigint;
  readonly states: readonly AccountState[];
  readonly known: string;
}

/** Null where it began; `read_before`: the account is to be read again. */
async function begin(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  copy: RunningCopy,
  account: AccountRecord,
  watched: WatchedAccount,
  settings: CopySettings,
  { equity, states, known }: AccountReading,
): Promise<CommandEnd | LaterEnd | 'read_before' | null> {
  const schedules = await ctx.storage.scoped(scope, (unit) => unit.feeSchedules.versions());
  // Another copy of the account, or of a leader whose orders are followed, may have begun since: from here to its row nothing is waited for.
  const refusal =
    allocationRefusal(ctx, account, copy, equity) ??
    sharingRefusal(ctx, account, watched, inEffect(ctx, scope, copy, settings)) ??
    (settings.policy === 'orders' ? ordersRefusal(watched) : null);
  if (refusal !== null) return refusal;
  // Where others run, fills of theirs may still be unread, and how well the account is known is told by its comparisons.
  const isFirst = ctx.registry.copiesOf(account).length === 0;
  if (isFirst && knownOf(account) !== known) return 'read_before';
  if (isFirst) {
    account.fillsReadTo = Math.max(account.fillsReadTo, Math.min(copy.createdAt, ctx.clocks.venueTime(account.network, ctx.clock.now())));
    truthRead(ctx, account, account.truthContradicted);
    // What is there before any copy is the follower's own. Were it first seen beside what the copy enters, it would look like a trade against the copy.
    noteUnmet(account, [], states, ctx.ownTrades);
  }
  // The row exists before the state is written, without risk; so no move can fall between the two.
  const record = addCopy(ctx, scope, { ...copy, state: 'preparing', startedAt: ctx.clock.now() }, watched, account, schedules);
  // A switch that was on before the copy was there is met now, not at the next look.
  parts.stops.meet(record);
  ctx.wishes.meet(record);
  parts.watch.meet(record);
  // The next one to ask finds its place taken.
  parts.orders.follow();
  shareAccount(ctx, account);
  const met = instrumentsOf([record]);
  if (isFirst) countedUpTo(ctx, account, met, states);
  const nets = isFirst ? netsOf(ctx.registry, account, met, states) : [];
  const beginning = beginAtNextOpen(ctx, record);
  try {
    await writeState(ctx, parts.books, record, 'preparing', 'active', 'prepared', async (unit) => {
      await beginning.write(unit);
      if (nets.length > 0) await saveVenueNets(unit, nets);
      await bookAllocation(unit, copy.id, money(copy.allocation), ACTIVATION, ctx.clocks.businessTime(scope, ctx.clock.now()));
    });
  } catch (failure) {
    // The command is carried out again and adds the copy as it then stands.
    ctx.registry.dropCopy(record.no);
    throw failure;
  }
  beginning.written();
  // A stop that came meanwhile stands.
  if (record.state !== 'active') return null;
  const late = beginLate(ctx, parts.books, record, beginning);
  watched.book.setStatus(record.row, STATUS.active, true);
  await late;
  return null;
}
