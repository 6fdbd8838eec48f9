import { type EpochMs, type TenantScope, type Timer } from '@lockstep/kernel';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { AccountRecord } from '../state/registry';
import type { Bookkeeper } from './bookkeeper';
import type { FillCollector } from './collect-fills';
import { accountsPerTurn, lastCharge, owesReading } from './funding-due';
import { bookFunding, type CollectedFunding } from './post-funding';
import { noteCharges } from './unbooked-charges';

/** Wait between two turns, in ms. */
const TURN_MS = 1_000;

/**
 * Reads funding after every charge of the venue and at start, from each account's durable position of reading, a few accounts a turn, and hands it to the
 * books. Level-triggered: what could not be read or booked is owed on, and a charge read twice is booked once.
 */
export class FundingCollector {
  private timer: Timer | null = null;
  private turn: Promise<void> | null = null;
  /** The charge the accounts below are read for. */
  private charged: EpochMs = 0;
  /** As `charged`, of tenants' own worlds by their own time. */
  private readonly worlds = new Map<Network, EpochMs>();
  private owed: AccountRecord[] = [];
  private perTurn = 1;
  /** What was read and waits for its tenant's books. */
  private readonly waiting = new Map<string, { readonly batch: CollectedFunding[]; readonly booked: Promise<void> }>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly fills: FillCollector,
  ) {}

  /** Begins with what was missed since the last reading. */
  start(): void {
    this.timer ??= this.ctx.timers.every(TURN_MS, () => this.next());
    this.next();
  }

  /** Resolves once the running turn is read and booked. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = null;
    await this.turn;
  }

  private next(): void {
    if (this.turn !== null || this.ctx.sending.busy) return;
    this.refill();
    const accounts = this.owed.splice(0, this.perTurn);
    if (accounts.length === 0) return;
    this.turn = this.take(accounts).finally(() => {
      this.turn = null;
    });
  }

  /** After each charge: every account that held a position since its last reading, or may have; the longest unread first, so that none is passed over. */
  private refill(): void {
    const charged = lastCharge(this.ctx.clock.now(), this.ctx.limits);
    const moved = this.movedWorlds();
    if (charged <= this.charged && moved.size === 0) return;
    const due = charged > this.charged ? this.ctx.registry.accounts() : this.ctx.registry.accounts().filter(({ network }) => moved.has(network));
    const waiting = charged > this.charged ? [] : this.owed.filter(({ network }) => !moved.has(network));
    this.charged = Math.max(charged, this.charged);
    const owed = due
      .filter(({ network }) => network.venue.capabilities.fundingHistory)
      .filter((account) => {
        const { fundingReadTo, fillsReadTo, changedInsideAt } = account;
        return owesReading({ fundingReadTo, fillsReadTo, changedInsideAt, holds: this.holds(account) }, this.chargedAt(account));
      })
      .sort((a, b) => a.fundingReadTo - b.fundingReadTo);
    this.owed = [...waiting, ...owed];
    this.perTurn = accountsPerTurn(this.owed.length, TURN_MS, this.ctx.limits);
  }

  /** Tenants' own worlds whose time came to another charge since the last look. */
  private movedWorlds(): ReadonlySet<Network> {
    const moved = new Set<Network>();
    for (const { network } of this.ctx.clocks.isEmpty ? [] : this.ctx.registry.accounts()) {
      if (moved.has(network) || !this.ctx.clocks.has(network)) continue;
      const charged = this.chargedOf(network);
      if (charged <= (this.worlds.get(network) ?? 0)) continue;
      this.worlds.set(network, charged);
      moved.add(network);
    }
    return moved;
  }

  /** The newest charge that may be read of an account, by the time of its venue. */
  private chargedAt({ network }: AccountRecord): EpochMs {
    return this.ctx.clocks.has(network) ? this.chargedOf(network) : this.charged;
  }

  private chargedOf(network: Network): EpochMs {
    return lastCharge(this.ctx.clocks.venueTime(network, this.ctx.clock.now()), this.ctx.limits);
  }

  private holds(account: AccountRecord): boolean {
    return this.ctx.registry
      .copiesOf(account)
      .some((copy) => [...this.ctx.booked.coins(copy.no)].some(([, { booked }]) => booked.book.quantity !== 0n));
  }

  /** Each account is booked as soon as it is read: what the venue charged one copy must not wait for an answer about another. */
  private async take(accounts: readonly AccountRecord[]): Promise<void> {
    await Promise.all(
      accounts.map(async (account) => {
        const collected = await this.read(account, this.chargedAt(account));
        if (collected === null) this.owed.push(account);
        else await this.hand(collected);
      }),
    );
  }

  /** Resolves once it is booked, together with what else of its tenant is read until the tenant's books are free. */
  private hand(collected: CollectedFunding): Promise<void> {
    const { scope } = collected.account;
    const key = scopeKey(scope);
    const open = this.waiting.get(key);
    if (open !== undefined) {
      open.batch.push(collected);
      return open.booked;
    }
    const batch = [collected];
    const booked = this.book(scope, batch, () => {
      if (this.waiting.get(key)?.batch === batch) this.waiting.delete(key);
    });
    this.waiting.set(key, { batch, booked });
    return booked;
  }

  /**
   * The charges of one account that are old enough; null when it must be read again. What was paid by any of them meets loss limits from now on. Fills are read
   * after them: a fill before a charge must be booked when it is decided who held what.
   */
  private async read(account: AccountRecord, charged: EpochMs): Promise<CollectedFunding | null> {
    const until = this.ctx.clocks.venueTime(account.network, this.ctx.clock.now()) - this.ctx.limits.fundingGraceMs;
    const answer = await this.ctx.truthReads.run(async () => {
      await this.ctx.sending.quiet();
      return account.network.venue.truth.funding(account.address, account.fundingReadTo);
    });
    if (!answer.ok) {
      this.ctx.log.warn('funding could not be read', { venueAccountNo: account.no, code: answer.error.code, detail: answer.error.detail });
      return null;
    }
    const noted = await noteCharges(this.ctx, account, answer.value.charges);
    const charges = answer.value.charges.filter((charge) => charge.time <= until);
    if (charges.length > 0 && !(await this.fills.read(account))) return null;
    const { complete } = answer.value;
    const newest = charges.at(-1)?.time ?? charged;
    const waits = answer.value.charges.some(({ time }) => time > until);
    const young = noted.filter(({ at }) => at > until);
    return { account, charges, young, readTo: complete ? charged : Math.min(newest, charged), more: !complete, waits };
  }

  /**
   * Books what was read of one tenant; `begins` is called when no more of it can be added. What could not be booked is owed again, and so is an account of which
   * the venue has more, or a charge that is too young: the next reading comes after the next moment of charging only.
   */
  private async book(scope: TenantScope, batch: readonly CollectedFunding[], begins: () => void): Promise<void> {
    try {
      await this.books.run(scope, async () => {
        await this.ctx.sending.quiet();
        await this.ctx.scopedUnits.run(async () => {
          begins();
          const before = batch.map(({ account }) => account.fundingReadTo);
          await bookFunding(this.ctx, scope, batch);
          const unread = batch.filter(({ account, more, waits }, index) => waits || (more && account.fundingReadTo > (before[index] ?? 0)));
          this.owed.push(...unread.map(({ account }) => account));
        });
      });
    } catch (failure) {
      begins();
      this.ctx.log.error('funding could not be booked', { scope: scopeKey(scope), accounts: batch.length, error: failure });
      this.owed.push(...batch.map(({ account }) => account));
    }
  }
}
