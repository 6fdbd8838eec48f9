import type { Timer } from '@lockstep/kernel';
import { LOSS_LIMITS, thresholdOf, unitNav } from '@lockstep/risk';
import { type EquityState, saveEquity } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import type { CopyRecord } from './registry';

/**
 * Writes the equity of copies whose valuation changed since it was last written, one transaction per tenant. Valuations are those of the last mark. A wave on its
 * way is let go first, for `deferMaxMs` at most: what is not written dies with the process, and losses would be measured from less than the copy had.
 */
export class EquityWriter {
  private readonly written = new Map<number, readonly number[]>();
  private timer: Timer | null = null;
  private running: Promise<void> | null = null;
  private wanted = false;

  constructor(private readonly ctx: EngineContext) {}

  /** Writes from now on. To be called with the first valuation: a process that begins judges losses and trades long before its beginning has ended. */
  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.heartbeatMs, () => void this.write());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Resolves when what changed until now was written, or could not be. While an earlier one runs, the next follows it at once. */
  write(): Promise<void> {
    this.wanted = true;
    this.running ??= this.writeWanted();
    return this.running;
  }

  private async writeWanted(): Promise<void> {
    while (this.wanted) {
      this.wanted = false;
      await this.ctx.sending.quiet();
      for (const copies of this.changedByScope().values()) await this.writeScope(copies);
    }
    this.running = null;
  }

  private changedByScope(): Map<string, CopyRecord[]> {
    const scopes = new Map<string, CopyRecord[]>();
    for (const copy of this.ctx.registry.copies.values()) {
      const written = this.written.get(copy.no);
      if (written !== undefined && figuresOf(copy).every((figure, index) => figure === written[index])) continue;
      const key = scopeKey(copy.group.scope);
      const ofScope = scopes.get(key);
      if (ofScope === undefined) scopes.set(key, [copy]);
      else ofScope.push(copy);
    }
    return scopes;
  }

  /** What of a tenant cannot be written keeps nothing of the others back. */
  private async writeScope(copies: readonly CopyRecord[]): Promise<void> {
    const [first] = copies;
    if (first === undefined) return;
    try {
      const [states, figures] = [copies.map(equityStateOf), copies.map(figuresOf)];
      await this.ctx.storage.scoped(first.group.scope, (unit) => saveEquity(unit, states));
      for (const [index, copy] of copies.entries()) this.written.set(copy.no, figures[index] ?? []);
    } catch (failure) {
      this.ctx.log.error('equity could not be written', { scope: scopeKey(first.group.scope), error: failure });
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
export function equityStateOf(copy: CopyRecord): EquityState {
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
      dayEndsAt: copies.dayEndsAt[row] ?? 0,
      pnlAnchor: copies.pnlAnchor[row] ?? 0,
      basisEquity: copies.basisEquity[row] ?? 0,
      realEquity: copies.realEquity[row] ?? 0,
      // Fills have whole milliseconds.
      beganAt: Math.ceil(copies.beganAt[row] ?? 0),
      marks: marksOf(copy),
    },
  };
}

/** The marks what a copy holds was valued at, by coin: a process that begins while the venue tells none goes on from them. */
function marksOf({ watched, row }: CopyRecord): Readonly<Record<string, number>> {
  const marks: Record<string, number> = {};
  for (const { instrument, rows, mark } of watched.book.allSheets()) if (mark > 0 && rows.position[row] !== 0) marks[instrument.coin] = mark;
  return marks;
}
