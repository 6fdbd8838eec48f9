import type { TenantScope, Timer } from '@lockstep/kernel';
import { LOSS_LIMITS, thresholdOf, unitNav } from '@lockstep/risk';
import { type EquityState, saveEquity } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { type CopyRecord, hasEnded } from './registry';

/** Copies whose equity a tenant's next turn writes, and when it has. */
interface Turn {
  readonly copies: Set<CopyRecord>;
  readonly done: Promise<void>;
}

/**
 * Writes the equity of copies whose valuation changed since it was last written, one transaction per tenant. Valuations are those of the last mark. A wave on its
 * way is let go first, for `deferMaxMs` at most: what is not written dies with the process, and losses would be measured from less than the copy had.
 *
 * In the books' turn, where what is written is read: a copy's end, a flow and a new beginning write its equity too, and one that was valued before them and
 * written behind them would stand in the place of theirs.
 */
export class EquityWriter {
  private readonly written = new Map<number, readonly number[]>();
  /** Turns that were asked for and have not begun, by tenant. */
  private readonly waiting = new Map<string, Turn>();
  private timer: Timer | null = null;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Pick<Bookkeeper, 'run'>,
  ) {}

  /** Writes from now on. To be called with the first valuation: a process that begins judges losses and trades long before its beginning has ended. */
  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.heartbeatMs, () => void this.write());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Resolves when what changed until now was written, or could not be. What of a tenant cannot be written, or waits for its books, keeps nothing of the others back. */
  async write(): Promise<void> {
    await Promise.all([...this.changedByScope()].map(([key, copies]) => this.turnOf(key, copies)));
  }

  /** The tenant's turn that has not begun takes these copies with it, else the next one behind what its books have in hand. */
  private turnOf(key: string, copies: readonly [CopyRecord, ...CopyRecord[]]): Promise<void> {
    const waiting = this.waiting.get(key);
    if (waiting !== undefined) {
      for (const copy of copies) waiting.copies.add(copy);
      return waiting.done;
    }
    const turn: Turn = { copies: new Set(copies), done: this.inTurn(key, copies[0].group.scope) };
    this.waiting.set(key, turn);
    return turn.done;
  }

  private async inTurn(key: string, scope: TenantScope): Promise<void> {
    await this.ctx.sending.quiet();
    try {
      await this.books.run(scope, async () => {
        const copies = this.waiting.get(key)?.copies ?? [];
        this.waiting.delete(key);
        await this.writeScope(scope, [...copies]);
      });
    } catch {
      // The books are closed: nothing is written any more.
      this.waiting.delete(key);
    }
  }

  private changedByScope(): Map<string, [CopyRecord, ...CopyRecord[]]> {
    const scopes = new Map<string, [CopyRecord, ...CopyRecord[]]>();
    for (const copy of this.ctx.registry.copies.values()) {
      if (!this.isChanged(copy)) continue;
      const key = scopeKey(copy.group.scope);
      const ofScope = scopes.get(key);
      if (ofScope === undefined) scopes.set(key, [copy]);
      else ofScope.push(copy);
    }
    return scopes;
  }

  private isChanged(copy: CopyRecord): boolean {
    const written = this.written.get(copy.no);
    return written === undefined || figuresOf(copy).some((figure, index) => figure !== written[index]);
  }

  /** Of a copy that ended while its turn came the last equity stands, and its row may be another's. */
  private async writeScope(scope: TenantScope, wanted: readonly CopyRecord[]): Promise<void> {
    const { ctx } = this;
    try {
      await ctx.scopedUnits.run(async () => {
        const copies = wanted.filter((copy) => ctx.registry.holds(copy) && !hasEnded(copy) && this.isChanged(copy));
        if (copies.length === 0) return;
        const [states, figures] = [copies.map((copy) => equityStateOf(ctx, copy)), copies.map(figuresOf)];
        await ctx.storage.scoped(scope, (unit) => saveEquity(unit, states));
        for (const [index, copy] of copies.entries()) this.written.set(copy.no, figures[index] ?? []);
      });
    } catch (failure) {
      ctx.log.error('equity could not be written', { scope: scopeKey(scope), error: failure });
    }
  }
}

/** Everything of a copy's valuation that a restart has to find again: references of losses move without its equity, as when it is enabled again while flat. */
function figuresOf({ watched, row, state }: CopyRecord): readonly number[] {
  const { copies } = watched.book;
  const { equity, shortfall, allocation, netPnl, navFactor, navEquity, navPeak, navDay, dayEndsAt, pnlAnchor, basisEquity, realEquity, beganAt } =
    copies;
  const columns = [
    equity,
    shortfall,
    allocation,
    netPnl,
    navFactor,
    navEquity,
    navPeak,
    navDay,
    dayEndsAt,
    pnlAnchor,
    basisEquity,
    realEquity,
    beganAt,
  ];
  return [...columns.map((column) => column[row] ?? 0), state === 'breaker_closed' ? 1 : 0];
}

/** What is written of a copy's equity. */
export function equityStateOf(ctx: Pick<EngineContext, 'clock' | 'days'>, copy: CopyRecord): EquityState {
  const { copies } = copy.watched.book;
  const { row } = copy;
  const equity = copies.equity[row] ?? 0;
  const allocation = copies.allocation[row] ?? 0;
  const netPnl = copies.netPnl[row] ?? 0;
  const armed = LOSS_LIMITS.some((_, limit) => thresholdOf(copies, row, limit) >= 0);
  return {
    copyNo: copy.no,
    flows: BigInt(allocation),
    netPnl: BigInt(netPnl),
    unrealised: BigInt(equity - allocation - netPnl),
    equity: BigInt(equity),
    unitNav: BigInt(unitNav(copies, row)),
    referenceNav: BigInt(copies.navPeak[row] ?? 0),
    breaker: copy.state === 'breaker_closed' ? 'triggered' : armed ? 'armed' : 'off',
    detail: {
      shortfall: copies.shortfall[row] ?? 0,
      navFactor: copies.navFactor[row] ?? 0,
      navEquity: copies.navEquity[row] ?? 0,
      navPeak: copies.navPeak[row] ?? 0,
      navDay: copies.navDay[row] ?? 0,
      dayEndsAt: ctx.days.written(copy.group.scope, copies.dayEndsAt[row] ?? 0, ctx.clock.now()),
      pnlAnchor: copies.pnlAnchor[row] ?? 0,
      basisEquity: copies.basisEquity[row] ?? 0,
      realEquity: copies.realEquity[row] ?? 0,
      // Fills have whole milliseconds.
      beganAt: Math.ceil(copies.beganAt[row] ?? 0),
      marks: marksOf(copy),
    },
  };
}

/** What a copy that ends holding nothing leaves as its last equity: all it gained is realised, whatever it was worth at the last mark. */
export function flatEquityStateOf(ctx: Pick<EngineContext, 'clock' | 'days'>, copy: CopyRecord, realised = 0n): EquityState {
  const equity = equityStateOf(ctx, copy);
  const netPnl = equity.netPnl + realised;
  const left = equity.flows + netPnl;
  return { ...equity, netPnl, unrealised: 0n, equity: left < 0n ? 0n : left };
}

/** The marks what a copy holds was valued at, by coin: a process that begins while the venue tells none goes on from them. */
function marksOf({ watched, row }: CopyRecord): Readonly<Record<string, number>> {
  const marks: Record<string, number> = {};
  for (const { instrument, rows, mark } of watched.book.allSheets()) if (mark > 0 && rows.position[row] !== 0) marks[instrument.coin] = mark;
  return marks;
}
