import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import { ENVIRONMENTS, type EpochMs, type TenantScope } from '@lockstep/kernel';
import { scopeFromPlatformList, scopeKey } from '@lockstep/tenancy';
import { Timetable } from './chores/timetable';
import type { BackofficeContext } from './context';
import { WORLD_HANDLERS } from './jobs/handlers';
import { JobRunner } from './jobs/runner';
import { Relay } from './relay';

/** The back office's loop: wake-ups name scopes with work; a sweep over all scopes finds what no wake-up named. */
export class Sweep {
  readonly runner: JobRunner;
  private readonly worldRunner: JobRunner;
  private readonly relay: Relay;
  private readonly timetable: Timetable;
  private scopes: readonly TenantScope[] = [];
  private scopesReadAt: EpochMs | null = null;
  private wakeNow: () => void = () => undefined;
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly ctx: BackofficeContext,
    private readonly pulse: () => void = () => undefined,
  ) {
    this.runner = new JobRunner(ctx);
    this.worldRunner = new JobRunner(ctx, WORLD_HANDLERS, ctx.limits.worldJobsMax);
    this.relay = new Relay(ctx);
    this.timetable = new Timetable(ctx);
  }

  /** Starts listening and sweeping. */
  async start(): Promise<void> {
    await this.ctx.wakeups.subscribe(WAKEUP_CHANNELS.jobs, () => this.wakeNow());
    this.ctx.wakeups.onReconnect(() => this.wakeNow());
    this.loop = this.run();
  }

  /** Ends the loop and waits for running jobs. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wakeNow();
    await this.loop;
    await Promise.all([this.runner.drain(), this.worldRunner.drain()]);
  }

  /** One pass over everything; never throws. */
  async pass(): Promise<void> {
    try {
      await this.readScopes();
      await this.timetable.runPlatform();
    } catch (error) {
      this.ctx.log.error('the sweep could not read the platform', { error });
      return;
    }
    for (const scope of this.scopes) {
      if (this.stopped) return;
      await this.visit(scope);
    }
  }

  private async visit(scope: TenantScope): Promise<void> {
    try {
      await this.runner.startDue(scope);
      if (scope.environment === 'test') await this.worldRunner.startDue(scope);
      await this.relay.look(scope);
      await this.timetable.runScope(scope);
    } catch (error) {
      this.ctx.log.error('a scope could not be served', { scope: scopeKey(scope), error });
    }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const woken = this.nextWake();
      await this.pass();
      this.pulse();
      await woken;
    }
  }

  /** Resolves at the next wake-up or when the sweep's time has come; made before the pass, so that a wake-up during it is not lost. */
  private nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.ctx.limits.sweepIntervalMs);
      this.wakeNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async readScopes(): Promise<void> {
    const now = this.ctx.clock.now();
    if (this.scopesReadAt !== null && now - this.scopesReadAt < this.ctx.limits.scopesIntervalMs) return;
    const tenants = await this.ctx.storage.platform((unit) => unit.tenants.open());
    this.scopes = tenants.flatMap((tenant) => ENVIRONMENTS.map((environment) => scopeFromPlatformList(tenant.id, environment)));
    this.scopesReadAt = now;
  }
}
