import { type TenantScope, type Timer } from '@lockstep/kernel';
import { completeJournal } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { EngineContext } from '../context';
import type { OpenWave } from '../state/open-orders';

/** Wait before journal rows of settled waves are closed, so that many close in one transaction, in ms. */
const GATHER_MS = 100;

/**
 * Closes the journal rows of waves of which everything is accounted for, many at a time. Losing a closing costs a look at the wave after a restart. Those of a
 * tenant wait while a breaker of one of its copies is not written: rows of its exits tell a restart of it.
 */
export class WaveCompletion {
  private waiting: OpenWave[] = [];
  private timer: Timer | null = null;

  constructor(private readonly ctx: () => EngineContext) {}

  take(wave: OpenWave): void {
    this.waiting.push(wave);
    this.timer ??= this.ctx().timers.after(GATHER_MS, () => void this.flush());
  }

  /** Closes what waits now. */
  async flush(): Promise<void> {
    this.timer?.cancel();
    this.timer = null;
    const ctx = this.ctx();
    const unwritten = new Set([...ctx.unwrittenBreakers].map(({ group }) => scopeKey(group.scope)));
    const waits = ({ scopes }: OpenWave): boolean => unwritten.size > 0 && scopes.some((scope) => unwritten.has(scopeKey(scope)));
    const waves = this.waiting.filter((wave) => !waits(wave));
    this.waiting = this.waiting.filter(waits);
    if (this.waiting.length > 0) this.again();
    if (waves.length === 0) return;
    try {
      await Promise.all(
        [...byScope(waves)].map(([, { scope, numbers }]) => ctx.storage.scoped(scope, (unit) => completeJournal(unit, ctx.shard, numbers))),
      );
      const moves = waves.filter((wave) => wave.isMove).map((wave) => BigInt(wave.journalNo));
      if (moves.length > 0) await ctx.storage.platform((unit) => unit.inbox.setMoveStatus(moves, 'done'));
    } catch (failure) {
      ctx.log.error('journal rows could not be closed', { waves: waves.length, error: failure });
      this.waiting.push(...waves);
      this.again();
    }
  }

  private again(): void {
    this.timer ??= this.ctx().timers.after(GATHER_MS * 10, () => void this.flush());
  }
}

function byScope(waves: readonly OpenWave[]): Map<string, { readonly scope: TenantScope; readonly numbers: number[] }> {
  const scopes = new Map<string, { readonly scope: TenantScope; readonly numbers: number[] }>();
  for (const wave of waves) {
    for (const scope of wave.scopes) {
      const entry = scopes.get(scopeKey(scope)) ?? { scope, numbers: [] };
      entry.numbers.push(wave.journalNo);
      scopes.set(scopeKey(scope), entry);
    }
  }
  return scopes;
}
