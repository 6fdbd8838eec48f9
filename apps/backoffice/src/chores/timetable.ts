import type { EpochMs, TenantScope } from '@lockstep/kernel';
import type { BackofficeContext } from '../context';
import { accrueDue } from './accrue-markup';
import type { PlatformChore, ScopedChore } from './chore';
import { closeMonths } from './close-months';
import { finishErasures } from './finish-erasures';
import { foldBalances } from './fold-balances';
import { forgetExpired, forgetOperatorKeys } from './forget-expired';
import { keepPartitions } from './keep-partitions';
import { keepWorlds } from './keep-worlds';
import { offboardTenants } from './offboard-tenants';
import { proveDaily } from './prove-ledger';

export const SCOPED_CHORES: readonly ScopedChore[] = [accrueDue, foldBalances, closeMonths, forgetExpired, proveDaily, keepWorlds, finishErasures];
export const PLATFORM_CHORES: readonly PlatformChore[] = [keepPartitions, forgetOperatorKeys, offboardTenants];

/** Remembers when each chore ran last and runs those that are due; a failing one is logged and comes again at its next time. */
export class Timetable {
  private readonly lastRun = new Map<string, EpochMs>();

  constructor(
    private readonly ctx: BackofficeContext,
    private readonly scoped: readonly ScopedChore[] = SCOPED_CHORES,
    private readonly platform: readonly PlatformChore[] = PLATFORM_CHORES,
  ) {}

  async runPlatform(): Promise<void> {
    for (const chore of this.platform) await this.runIfDue(chore.name, chore.everyMs, () => chore.run(this.ctx));
  }

  async runScope(scope: TenantScope): Promise<void> {
    for (const chore of this.scoped) {
      await this.runIfDue(`${chore.name}|${scope.tenantId}|${scope.environment}`, chore.everyMs, () => chore.run(this.ctx, scope));
    }
  }

  private async runIfDue(key: string, everyMs: number, run: () => Promise<void>): Promise<void> {
    const now = this.ctx.clock.now();
    const last = this.lastRun.get(key);
    if (last !== undefined && now - last < everyMs) return;
    this.lastRun.set(key, now);
    try {
      await run();
    } catch (error) {
      this.ctx.log.error('a chore failed', { chore: key, error });
    }
  }
}
