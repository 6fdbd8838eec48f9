import { type Instrument, type Timer, toLots } from '@lockstep/kernel';
import { membersIn, netRange } from '@lockstep/replication';
import { saveVenueNets } from '@lockstep/storage';
import type { AccountState } from '@lockstep/venues/port';
import { shareAccount } from '../accounts/clearing-shares';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import { eachBounded } from '../bounded';
import type { EngineContext } from '../context';
import { byNetwork, comparedPerSecond, haltOverdue, truthContradicted, truthRead, truthUnread } from '../state/account-truth';
import type { Network } from '../state/networks';
import { type ReadStates, readStates } from '../state/real-equity';
import { type AccountRecord, type CopyRecord, hasEnded } from '../state/registry';
import { explains, ownLots } from '../state/shared-accounts';
import { stopsUntouched } from '../stops/settle-stops';
import type { WaveLanes } from '../wave/wave-lanes';
import { forgetLevel, instrumentsOf, netsOf, noteUnmet } from './account-nets';
import { OwnTradeCounter } from './count-own-trades';
import { Differences } from './differences';
import { ForeignCloses } from './foreign-closes';
import { LeverageKeeper } from './keep-leverage';
import { positionIn, stateIn } from './position-in';
import { Rotation } from './rotation';

/** Wait between two turns of the rotation, in ms. */
const TURN_MS = 1_000;
/** Accounts of one network that could not be read in a row, after which the rest of it waits for its next turn. */
const UNREAD_MAX = 32;

/**
 * Compares our record with the venue's truth per account: at start, after own trades of a follower were seen, after the leader's stream came back, and on a
 * timer. Missing fills are adopted
 * first; what then still differs are trades that are not ours: they reduce the copies on their side, the excess is the follower's own.
 */
export class Reconciler {
  private timer: Timer | null = null;
  private running: Promise<void> | null = null;
  private readonly rotations = new Map<Network, Rotation>();
  /** Accounts that are compared ahead of the rotation, oldest wish first. */
  private readonly first = new Set<AccountRecord>();
  private readonly looking = new Set<AccountRecord>();
  /** Accounts whose last reading failed, longest waiting first: read again before their turn. */
  private readonly unread = new Set<AccountRecord>();
  private readonly leverage: LeverageKeeper;
  private readonly closes: ForeignCloses;
  private readonly differences: Differences;
  private readonly counter: OwnTradeCounter;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly collector: FillCollector,
    private readonly lanes: WaveLanes,
  ) {
    this.leverage = new LeverageKeeper(ctx);
    this.closes = new ForeignCloses(ctx, books, lanes);
    this.differences = new Differences(ctx, books, this.closes);
    this.counter = new OwnTradeCounter(ctx, lanes, this.differences);
  }

  start(): void {
    this.timer ??= this.ctx.timers.every(TURN_MS, () => this.compareNext());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /**
   * Compares every account that a copy runs on; where the venue's limits let fewer be read in a minute, as many as they let, and the others go first in the
   * rotation. A call during a comparison joins it.
   */
  all(): Promise<void> {
    this.first.clear();
    this.running ??= this.compareEach(this.readableNow()).finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private readableNow(): readonly AccountRecord[] {
    const found: AccountRecord[] = [];
    for (const [network, accounts] of byNetwork(this.ctx.registry.accounts())) {
      const { egress } = network.venue;
      const now = egress === undefined ? accounts.length : Math.ceil(egress.comparisonsPerMinute());
      found.push(...accounts.slice(0, now));
      this.next(accounts.slice(now));
    }
    return found;
  }

  /** Puts accounts first in the rotation: after an outage thousands of them are compared at its pace, in the order that matters. Returns at once. */
  next(accounts: Iterable<AccountRecord>): void {
    for (const account of accounts) this.first.add(account);
  }

  /** Fills came that no order of ours explains: they are counted as they are told, and the accounts compared. Returns at once. */
  ownFills(accounts: readonly AccountRecord[]): void {
    this.count(accounts);
    this.lookAt(accounts);
  }

  private count(accounts: readonly AccountRecord[]): void {
    for (const account of accounts) {
      void this.counter
        .count(account)
        .catch((failure: unknown) => this.ctx.log.error('own trades could not be counted', { venueAccountNo: account.no, error: failure }));
    }
  }

  /** The venue says that an account holds something else than our record does: it takes no new risk until it is read anew, from now on. Returns at once. */
  contradicted(account: AccountRecord): void {
    truthContradicted(this.ctx, account);
    // Where it is being compared already, its next reading is the one that counts.
    this.unread.add(account);
    this.lookAt([account]);
  }

  /** Compares some accounts now. Returns at once. */
  lookAt(accounts: readonly AccountRecord[]): void {
    for (const account of accounts) {
      if (this.looking.has(account)) continue;
      this.looking.add(account);
      void this.compare(account)
        .catch((failure: unknown) => this.ctx.log.error('an account could not be compared', { venueAccountNo: account.no, error: failure }))
        .finally(() => this.looking.delete(account));
    }
  }

  /** The accounts whose turn it is: a share of all of a network, so that thousands are spread over the interval and a wave meets few of them. */
  private compareNext(): void {
    haltOverdue(this.ctx);
    this.count(this.counter.takeBehind());
    for (const [network, accounts] of byNetwork(this.ctx.registry.accounts())) this.turnOf(network, accounts);
  }

  private turnOf(network: Network, accounts: readonly AccountRecord[]): void {
    const { reconcileIntervalMs, resyncAccountsMax, truthRetriesMax } = this.ctx.limits;
    const rotation = this.rotations.get(network) ?? new Rotation();
    this.rotations.set(network, rotation);
    const most = comparedPerSecond(this.ctx, network);
    rotation.passed((accounts.length * TURN_MS) / reconcileIntervalMs, most);
    if (rotation.running || this.running !== null || this.standsBack(rotation)) return;
    const share = rotation.takeDue();
    rotation.lastTurnAt = this.ctx.clock.monotonic();
    const mine = (waiting: Iterable<AccountRecord>, count: number): AccountRecord[] =>
      [...waiting].filter((account) => account.network === network).slice(0, Math.min(count, Math.ceil(most)));
    const again = mine(this.unread, truthRetriesMax);
    const ahead = mine(this.first, Math.max(share, resyncAccountsMax));
    for (const account of ahead) this.first.delete(account);
    const rotated = rotation.next(accounts, Math.max(0, share - ahead.length));
    rotation.running = true;
    void this.compareEach([...new Set([...again, ...ahead, ...rotated])]).finally(() => {
      rotation.running = false;
    });
  }

  /** Waves go first, though never so long in a row that accounts become overdue for them. */
  private standsBack(rotation: Rotation): boolean {
    return this.ctx.sending.busy && this.ctx.clock.monotonic() - rotation.lastTurnAt < this.ctx.limits.deferMaxMs;
  }

  /**
   * Compares accounts side by side; one that fails keeps nothing from the others. A network that cannot be reached holds up the others for one round of
   * waiting, not for one per account.
   */
  private async compareEach(accounts: readonly AccountRecord[]): Promise<void> {
    const unread = new Map<Network, number>();
    const failures: unknown[] = [];
    await eachBounded(accounts, this.ctx.limits.truthReadsMax, async (account) => {
      const { network } = account;
      if ((unread.get(network) ?? 0) >= UNREAD_MAX) return;
      try {
        unread.set(network, (await this.compare(account)) ? 0 : (unread.get(network) ?? 0) + 1);
      } catch (failure) {
        failures.push(failure);
      }
    });
    if (failures.length > 0) this.ctx.log.error('accounts could not be compared', { accounts: failures.length, error: failures[0] });
  }

  /**
   * Compares one account with what its copies hold, in every clearinghouse that could be read: what the follower closed in one is known although another is
   * not. False when the venue could not be read.
   */
  async compare(account: AccountRecord): Promise<boolean> {
    this.unread.delete(account);
    const asked = this.ctx.registry.copiesOf(account);
    if (asked.length === 0) return true;
    const [before, contradicted] = [account.touched, account.truthContradicted];
    const read = await this.readTruth(account);
    if (read === null) return false;
    const { states } = read;
    shareAccount(this.ctx, account);
    await this.books.run(account.scope, async () => undefined);
    // One that began while this was read may hold something of what it tells, as one that ended may have.
    const copies = [...new Set([...asked, ...this.ctx.registry.copiesOf(account)])];
    const all = [...states, ...read.beside];
    noteUnmet(account, copies, all, this.ctx.ownTrades);
    let isOpen = false;
    for (const instrument of instrumentsOf(copies)) isOpen = (await this.compareCoin(account, instrument, states, before)) || isOpen;
    // What halted it is over once its positions are known too; one that trades all the time is not halted for being in between orders.
    const isKnown = read.missing === null && (!isOpen || !account.truthStale) && truthRead(this.ctx, account, contradicted);
    if (isOpen || (read.missing === null && !isKnown)) this.unread.add(account);
    await this.closes.endDelisted(account);
    await this.saveNets(account, copies, all, before);
    await this.leverage.keep(account, copies, states);
    return true;
  }

  /** Fills and states of an account; null when the venue could not be read. The account takes no new risk until nothing is missing any more. */
  private async readTruth(account: AccountRecord): Promise<ReadStates | null> {
    const read = (await this.collector.read(account)) ? await readStates(this.ctx, account) : null;
    if (read !== null) this.ctx.pass('reconciling_truth_read');
    if (read !== null && read.missing === null) return read;
    truthUnread(this.ctx, account);
    this.unread.add(account);
    if (read === null) return null;
    this.ctx.log.warn('an account could not be read', { venueAccountNo: account.no, ...read.missing, clearinghouses: read.states.length });
    return read.states.length === 0 ? null : read;
  }

  /**
   * Compares one instrument while its lanes stand still. Of an account with several copies they are those of several leaders: they are held up only where the
   * record does not explain the net, because none of those leaders' other followers should wait for it. True where it still does not afterwards:
   * something came in between, or has to be known first.
   */
  private async compareCoin(account: AccountRecord, instrument: Instrument, states: readonly AccountState[], before: number): Promise<boolean> {
    const { coin } = instrument;
    const state = stateIn(states, instrument);
    // What was not read is not known to be nothing.
    if (state === undefined) return false;
    const copies = this.ctx.registry.copiesOf(account).filter(({ watched }) => watched.book.findSheet(coin) !== undefined);
    const seen = { coin, time: state.time, netLots: netOf(states, instrument) };
    if (
      copies.length > 1 &&
      account.touched === before &&
      explains(membersIn(this.ctx.registry.rowsOf(account), coin), account, coin, seen.netLots)
    ) {
      this.ctx.ownTrades.forget(account, instrument, state.time);
      return false;
    }
    // The venue is asked before anything is held up; what a stop did after the reading is none of its difference.
    const isSettled = await this.stopsSettled(account, coin, seen.netLots);
    let isOpen = true;
    const work = async (): Promise<void> => {
      // An order or a stop's fill that came in between makes the reading old: the next comparison sees it.
      isOpen =
        account.touched === before ? await this.compareNet(account, instrument, seen, isSettled) : this.recordedNet(account, coin) !== seen.netLots;
    };
    const [only] = copies;
    if (copies.length === 1 && only !== undefined) {
      await this.lanes.alone(only.watched, coin, work);
      return isOpen;
    }
    const held = this.lanes.aloneInAll(
      copies.map(({ watched }) => watched),
      coin,
      work,
    );
    // A wave runs: the account is looked at again at the next turn.
    if (held === null) this.first.add(account);
    else await held;
    return isOpen;
  }

  /** What an account holds in a coin by our record, in lots. */
  private recordedNet(account: AccountRecord, coin: string): number {
    const { registry } = this.ctx;
    return netRange(membersIn(registry.rowsOf(account), coin), ownLots(registry, account, coin)).net;
  }

  /** Whether no stop of an account can be what a net differs from our record by. */
  private async stopsSettled(account: AccountRecord, coin: string, netLots: number): Promise<boolean> {
    if (this.ctx.standingStops.ofAccount(account).every(({ instrument }) => instrument.coin !== coin)) return true;
    return netLots !== this.recordedNet(account, coin) && stopsUntouched(this.ctx, account, coin);
  }

  /** True where it differs and an order or a stop has to be known first: what waits for a price alone is known, and only cannot be booked yet. */
  private async compareNet(account: AccountRecord, instrument: Instrument, { coin, time, netLots }: SeenNet, isSettled: boolean): Promise<boolean> {
    const { openOrders, ownTrades } = this.ctx;
    const unresolved = !isSettled || [...openOrders.ofAccount(account.index)].some((order) => order.sheet.instrument.coin === coin);
    const isOver = await this.differences.take(account, instrument, () => ({
      netLots,
      foreignTrades: ownTrades.upTo(account, instrument, time),
      unresolved,
    }));
    if (isOver) ownTrades.forget(account, instrument, time);
    return !isOver && unresolved;
  }

  /**
   * Writes what the account holds, and how much of it is the follower's own, for the next process. Not of a coin with an order on its way: what of it is
   * filled and not booked yet would stand as the follower's, and after a restart exits would be sized against an account that holds something else. Nor where
   * an order, or the end of a copy, came after the reading: what a copy left is written with its end.
   */
  private async saveNets(account: AccountRecord, copies: readonly CopyRecord[], states: readonly AccountState[], before: number): Promise<void> {
    const { registry, openOrders, storage } = this.ctx;
    await this.books.run(account.scope, async () => {
      if (account.touched !== before || copies.some(hasEnded)) return;
      const mirrors = this.ctx.standingStops.ofAccount(account).filter(({ mirror }) => mirror !== null);
      const onTheirWay = new Set(
        [...[...openOrders.ofAccount(account.index)].map(({ sheet }) => sheet), ...mirrors].map(({ instrument }) => instrument.coin),
      );
      const nets = netsOf(registry, account, instrumentsOf(copies), states).filter(({ coin }) => !onTheirWay.has(coin));
      if (nets.length === 0) return;
      await storage.scoped(account.scope, (unit) => saveVenueNets(unit, nets));
      forgetLevel(account, nets);
    });
  }
}

/** The net of an account in a coin as the venue told it at a time, in lots. */
interface SeenNet {
  readonly coin: string;
  readonly time: number;
  readonly netLots: number;
}

function netOf(states: readonly AccountState[], instrument: Instrument): number {
  const position = positionIn(states, instrument);
  return position === undefined ? 0 : toLots(instrument, position.size);
}
