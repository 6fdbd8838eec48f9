import { type Timer, toExact, toLots } from '@lockstep/kernel';
import { type InstrumentSheet, type ReconcileEffect, reconcileNet } from '@lockstep/replication';
import { saveVenueNets, type VenueNet } from '@lockstep/storage';
import type { AccountState } from '@lockstep/venues/port';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import { bookUserClose } from '../books/user-close';
import { eachBounded } from '../bounded';
import type { EngineContext } from '../context';
import { byNetwork, comparedPerSecond, haltOverdue, truthRead, truthUnread } from '../state/account-truth';
import { intentOf } from '../state/intent';
import type { Network } from '../state/networks';
import { equityOf, type ReadStates, readStates } from '../state/real-equity';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { stopsUntouched } from '../stops/settle-stops';
import { refreshPrices } from '../wave/plan-moves';
import type { WaveLanes } from '../wave/wave-lanes';
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

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly collector: FillCollector,
    private readonly lanes: WaveLanes,
  ) {
    this.leverage = new LeverageKeeper(ctx);
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
    const copies = this.ctx.registry.copiesOf(account);
    if (copies.length === 0) return true;
    const before = account.touched;
    const read = await this.readTruth(account);
    if (read === null) return false;
    const { states } = read;
    takeEquity(account, copies);
    if (read.missing === null) truthRead(this.ctx, account);
    await this.books.run(account.scope, async () => undefined);
    for (const copy of copies) {
      for (const sheet of copy.watched.book.allSheets()) {
        await this.lanes.alone(copy.watched, sheet.instrument.coin, async () => {
          // An order that came in between makes the reading old: the next comparison sees it.
          if (account.touched !== before) return;
          await this.compareSheet(account, copy, sheet, states);
        });
      }
    }
    await this.saveNets(account, copies, states);
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

  private async compareSheet(account: AccountRecord, copy: CopyRecord, sheet: InstrumentSheet, states: readonly AccountState[]): Promise<void> {
    const { coin } = sheet.instrument;
    const state = stateIn(states, sheet.instrument);
    // What was not read is not known to be nothing.
    if (state === undefined) return;
    refreshPrices(copy.watched);
    const foreignTrades = this.ctx.ownTrades.upTo(account, sheet.instrument, state.time);
    const netLots = netOf(states, sheet);
    const known = (sheet.rows.position[copy.row] ?? 0) + (sheet.rows.beside[copy.row] ?? 0);
    const stopsTraded = netLots !== known && !(await stopsUntouched(this.ctx, account, coin));
    const unresolved = stopsTraded || [...this.ctx.openOrders.ofAccount(account.index)].some((order) => order.sheet === sheet);
    const wanted = intentOf(sheet, copy.row);
    const effects = reconcileNet(copy.watched.book, sheet, { venueAccount: account.index, netLots, foreignTrades, unresolved });
    for (const effect of effects) if (effect.kind === 'user_closed') await bookUserClose(this.ctx, this.books, copy, sheet, effect, wanted);
    if (!effects.some(isWaiting)) this.ctx.ownTrades.forget(account, sheet.instrument, state.time);
    if (effects.length > 0) this.ctx.log.info('an account differed from our record', { venueAccountNo: account.no, coin, effects: effects.length });
  }

  private async saveNets(account: AccountRecord, copies: readonly CopyRecord[], states: readonly AccountState[]): Promise<void> {
    const nets: VenueNet[] = [];
    for (const state of states) {
      for (const position of state.positions) {
        const own = position.size - this.bookedSum(copies, position.coin);
        nets.push({ venueAccountNo: account.no, coin: position.coin, net: position.size, own, entryPrice: position.entryPrice, asOfMs: state.time });
      }
    }
    nets.push(...this.levelNets(account, copies, states));
    if (nets.length === 0) return;
    await this.books.run(account.scope, async () => {
      await this.ctx.storage.scoped(account.scope, (unit) => saveVenueNets(unit, nets));
    });
  }

  /** What the venue does not list: an own position of the copies' size against them leaves a net of nothing. */
  private levelNets(account: AccountRecord, copies: readonly CopyRecord[], states: readonly AccountState[]): VenueNet[] {
    const instruments = new Map(copies.flatMap((copy) => [...copy.watched.book.allSheets()].map(({ instrument }) => [instrument.coin, instrument])));
    return [...instruments.values()].flatMap((instrument) => {
      const state = stateIn(states, instrument);
      const held = this.bookedSum(copies, instrument.coin);
      if (held === 0n || state === undefined || positionIn(states, instrument) !== undefined) return [];
      return [{ venueAccountNo: account.no, coin: instrument.coin, net: 0n, own: -held, entryPrice: 0n, asOfMs: state.time }];
    });
  }

  private bookedSum(copies: readonly CopyRecord[], coin: string): bigint {
    return copies.reduce((sum, copy) => sum + this.ctx.booked.get(copy.no, coin).booked.book.quantity, 0n);
  }
}

const isWaiting = ({ kind }: ReconcileEffect): boolean => kind === 'wait_for_unknowns' || kind === 'wait_for_price';

function takeEquity(account: AccountRecord, copies: readonly CopyRecord[]): void {
  const equity = Math.max(0, toExact(equityOf(account), 'account value'));
  for (const copy of copies) copy.watched.book.copies.realEquity[copy.row] = equity;
}

function netOf(states: readonly AccountState[], sheet: InstrumentSheet): number {
  const position = positionIn(states, sheet.instrument);
  return position === undefined ? 0 : toLots(sheet.instrument, position.size);
}
