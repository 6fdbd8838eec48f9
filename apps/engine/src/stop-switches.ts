import { suspendedTenantOf, suspensionWakeup, WAKEUP_CHANNELS } from '@lockstep/delivery';
import { type Environment, type EpochMs, type Timer } from '@lockstep/kernel';
import type { Wakeups } from '@lockstep/platform';
import { STATUS } from '@lockstep/replication';
import { environmentKey, KILL_SWITCH, killSwitchKey } from '@lockstep/risk';
import type { PlatformLimitsRow } from '@lockstep/storage';
import type { EngineContext } from './context';
import { putLimits } from './state/limit-chain';
import type { CopyRecord } from './state/registry';
import type { ClockChange } from './test-clocks';

/** Who may take no new risk, from the operator's side or the tenant's own. */
export interface Stops {
  readonly everyone: boolean;
  /** Ids of tenants, leaders, followers and copies, and keys of a tenant's environments. */
  readonly killed: ReadonlySet<string>;
  readonly suspendedTenants: ReadonlySet<string>;
}

interface SwitchFlag {
  readonly name: string;
  readonly active: boolean;
}

const NOBODY: Stops = { everyone: false, killed: new Set(), suspendedTenants: new Set() };

/** What flags and the list of tenants say. Flags of other names are none of ours. */
export function stopsOf(flags: readonly SwitchFlag[], tenants: readonly { readonly id: string; readonly status: string }[]): Stops {
  const names = flags.filter((flag) => flag.active).map((flag) => flag.name);
  return {
    everyone: names.includes(KILL_SWITCH),
    killed: new Set(names.map(killSwitchKey).filter((key) => key !== null)),
    suspendedTenants: new Set(tenants.filter((tenant) => tenant.status === 'suspended').map((tenant) => tenant.id)),
  };
}

/** What was read, and with it the switches and suspensions that were named since. */
export function withAnnounced(stops: Stops, names: Iterable<string>): Stops {
  const announced = [...names];
  if (announced.length === 0) return stops;
  const told = stopsOf(
    announced.map((name) => ({ name, active: true })),
    announced.map(suspendedTenantOf).flatMap((id) => (id === null ? [] : [{ id, status: 'suspended' }])),
  );
  return {
    everyone: stops.everyone || told.everyone,
    killed: new Set([...stops.killed, ...told.killed]),
    suspendedTenants: new Set([...stops.suspendedTenants, ...told.suspendedTenants]),
  };
}

/** Ids a copy is stopped by. */
export interface StopIds {
  readonly tenantId: string;
  readonly environment: Environment;
  readonly leaderId: string;
  readonly followerId: string;
  readonly copyId: string;
}

/** Status bits the stops put on a copy: `killSwitch`, `suspended`, both or none. */
export function bitsFor(stops: Stops, ids: StopIds): number {
  const named = isNamed(stops.killed, ids);
  const killed = stops.everyone || named ? STATUS.killSwitch : 0;
  return killed | (stops.suspendedTenants.has(ids.tenantId) ? STATUS.suspended : 0);
}

function isNamed(killed: ReadonlySet<string>, ids: StopIds): boolean {
  if (killed.size === 0) return false;
  const { tenantId, environment, leaderId, followerId, copyId } = ids;
  if (killed.has(tenantId) || killed.has(leaderId) || killed.has(followerId) || killed.has(copyId)) return true;
  return killed.has(environmentKey(tenantId, environment));
}

/** Nearly always so, and looked at for every copy thirteen times a second. */
const stopsNobody = (stops: Stops): boolean => !stops.everyone && stops.killed.size === 0 && stops.suspendedTenants.size === 0;

function idsOf({ group: { scope, leaderId }, followerId, id }: CopyRecord): StopIds {
  return { tenantId: scope.tenantId, environment: scope.environment, leaderId, followerId, copyId: id };
}

/**
 * Reads kill switches and suspensions again and again and puts them on the copies as status bits: entries are withheld with their reason from the next chunk
 * on, in the middle of a wave too; exits go on. A switch or suspension that is named before it is read (`KnownStops`) acts at once, until a reading that began after it says what stands. What cannot be read for `stopMaxAgeMs` counts as a kill switch for everyone.
 */
export class StopSwitches {
  private stops: Stops = { ...NOBODY, everyone: true };
  private readAt: EpochMs = 0;
  private timer: Timer | null = null;
  private reading = false;
  /** Copies that bear `suspended` because of their tenant: others may bear it for reasons of their own. */
  private readonly suspended = new Set<number>();

  private again = false;
  private unsubscribe: (() => Promise<void>) | null = null;

  /** Wake-ups make it fast, the poll makes it certain: what ends new risk is due within 100 ms of its answer (product §3). */
  constructor(
    private readonly ctx: EngineContext,
    private readonly wakeups: Pick<Wakeups, 'subscribe' | 'onReconnect'>,
    private readonly onClock: (change: ClockChange) => void = () => undefined,
  ) {
    ctx.knownStops.onNamed = () => this.apply(withAnnounced(this.stops, ctx.knownStops.unread));
  }

  /** Reads once, so that nothing is planned before, then on a timer. Throws when the first reading fails. */
  async start(): Promise<void> {
    this.unsubscribe ??= await this.wakeups.subscribe(WAKEUP_CHANNELS.stops, (engaged) => this.wake(engaged));
    this.wakeups.onReconnect(() => void this.look());
    await this.read();
    this.timer ??= this.ctx.timers.every(this.ctx.limits.stopPollMs, () => void this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
    void this.unsubscribe?.();
    this.unsubscribe = null;
  }

  /** Puts what was read last on a copy that begins: between its beginning and the next look it would follow its leader whatever is switched off. */
  meet(copy: CopyRecord): void {
    this.applyTo(copy);
  }

  private wake(engaged: string): void {
    this.ctx.knownStops.name(engaged);
    void this.look();
  }

  private async look(): Promise<void> {
    if (this.reading) {
      // What runs may have read before the switch was turned, and may not come back for long.
      this.again = true;
      this.stopWhereOld();
      return;
    }
    this.reading = true;
    try {
      await this.read();
    } catch (failure) {
      this.ctx.log.error('kill switches could not be read', { error: failure });
      this.stopWhereOld();
    } finally {
      this.reading = false;
    }
    if (!this.again) return;
    this.again = false;
    await this.look();
  }

  /** What was read last is too old to go by. */
  private stopWhereOld(): void {
    const isOld = this.ctx.clock.now() - this.readAt > this.ctx.limits.stopMaxAgeMs;
    if (isOld && !this.stops.everyone) this.apply({ ...this.stops, everyone: true });
  }

  private async read(): Promise<void> {
    const { knownStops } = this.ctx;
    const [newest, beganAt] = [knownStops.newest, this.ctx.clock.monotonic()];
    const [flags, tenants, limits, owned] = await this.ctx.storage.platform(
      async (unit) => [await unit.engines.activeFlags(), await unit.tenants.open(), await unit.limits.all(), await unit.markets.owned()] as const,
      { readOnly: true },
    );
    this.readAt = this.ctx.clock.now();
    this.ctx.days.take(tenants);
    for (const change of this.ctx.clocks.take(owned)) this.onClock(change);
    this.takeLimits(limits);
    const read = stopsOf(flags, tenants);
    const suspended = tenants.filter(({ id }) => read.suspendedTenants.has(id)).map(({ id }) => suspensionWakeup(id));
    knownStops.read([...flags.map(({ name }) => name), ...suspended], newest, beganAt);
    this.apply(withAnnounced(read, knownStops.unread));
  }

  /** The operator's limits bind every copy from the next decision on, as a switch does. */
  private takeLimits(limits: readonly PlatformLimitsRow[]): void {
    if (!this.ctx.chain.takePlatform(limits)) return;
    for (const copy of this.ctx.registry.copies.values()) putLimits(this.ctx.chain, copy);
    this.ctx.stops.changed();
    this.ctx.log.warn('limits of the platform changed', { targets: limits.map(({ targetId }) => targetId) });
  }

  /** Copies loaded since the last look are met here too. */
  private apply(stops: Stops): void {
    this.stops = stops;
    let changed = 0;
    for (const copy of this.ctx.registry.copies.values()) if (this.applyTo(copy)) changed += 1;
    if (changed === 0) return;
    this.ctx.stops.changed();
    this.ctx.log.warn('stops changed', { copies: changed, everyone: stops.everyone, named: stops.killed.size, tenants: stops.suspendedTenants.size });
  }

  private applyTo(copy: CopyRecord): boolean {
    const { book } = copy.watched;
    const bits = stopsNobody(this.stops) ? 0 : bitsFor(this.stops, idsOf(copy));
    const before = book.copies.status[copy.row] ?? 0;
    book.setStatus(copy.row, STATUS.killSwitch, (bits & STATUS.killSwitch) !== 0);
    if ((bits & STATUS.suspended) !== 0 && (before & STATUS.suspended) === 0) {
      this.suspended.add(copy.no);
      book.setStatus(copy.row, STATUS.suspended, true);
    } else if ((bits & STATUS.suspended) === 0 && this.suspended.delete(copy.no)) book.setStatus(copy.row, STATUS.suspended, false);
    return before !== (book.copies.status[copy.row] ?? 0);
  }
}
