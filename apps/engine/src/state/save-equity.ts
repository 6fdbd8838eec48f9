import { LOSS_LIMITS, thresholdOf, unitNav } from '@lockstep/risk';
import { type EquityState, saveEquity } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import type { CopyRecord } from './registry';

/** Writes the equity of copies whose value changed since it was last written, one transaction per tenant. Valuations are those of the last mark. */
export class EquityWriter {
  private readonly written = new Map<number, number>();
  private running = false;

  constructor(private readonly ctx: EngineContext) {}

  async write(): Promise<void> {
    if (this.running || this.ctx.sending.busy) return;
    this.running = true;
    try {
      for (const copies of this.changedByScope().values()) await this.writeScope(copies);
    } catch (failure) {
      this.ctx.log.error('equity could not be written', { error: failure });
    } finally {
      this.running = false;
    }
  }

  private changedByScope(): Map<string, CopyRecord[]> {
    const scopes = new Map<string, CopyRecord[]>();
    for (const copy of this.ctx.registry.copies.values()) {
      if (this.written.get(copy.no) === (copy.watched.book.copies.equity[copy.row] ?? 0)) continue;
      const key = scopeKey(copy.group.scope);
      const ofScope = scopes.get(key);
      if (ofScope === undefined) scopes.set(key, [copy]);
      else ofScope.push(copy);
    }
    return scopes;
  }

  private async writeScope(copies: readonly CopyRecord[]): Promise<void> {
    const [first] = copies;
    if (first === undefined) return;
    const states = copies.map(stateOf);
    await this.ctx.storage.scoped(first.group.scope, (unit) => saveEquity(unit, states));
    for (const state of states) this.written.set(state.copyNo, Number(state.equity));
  }
}

function stateOf(copy: CopyRecord): EquityState {
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
      navFactor: copies.navFactor[row] ?? 0,
      navEquity: copies.navEquity[row] ?? 0,
      navPeak: copies.navPeak[row] ?? 0,
      navDay: copies.navDay[row] ?? 0,
      dayEndsAt: copies.dayEndsAt[row] ?? 0,
      pnlAnchor: copies.pnlAnchor[row] ?? 0,
      basisEquity: copies.basisEquity[row] ?? 0,
    },
  };
}
