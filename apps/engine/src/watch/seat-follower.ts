import { type Timer } from '@lockstep/kernel';
import { MODE, STATUS } from '@lockstep/replication';
import type { LeaderSightRow } from '@lockstep/storage';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';
import type { WatchedAccount } from '../state/registry';
import type { RecordedMove } from '../wave/recorded-move';
import { Activity, byHeat, type LeaderHeat } from './heat';

/** Sights written in one statement. */
const SIGHTS_MAX = 5_000;

/**
 * Tells each network with few seats which leaders are hottest, and writes down for the API how leaders are seen: the standing of each network every time,
 * a leader's sight when it changed.
 */
export class SeatFollower {
  private readonly activity = new Map<WatchedAccount, Activity>();
  private readonly written = new Map<number, string>();
  private timer: Timer | null = null;
  private writing = false;

  constructor(private readonly ctx: EngineContext) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.seatFollowMs, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Takes moves as a sign of activity. */
  note(moves: readonly RecordedMove[]): void {
    for (const { watched } of moves) {
      const activity = this.activity.get(watched) ?? new Activity();
      activity.note(this.ctx.clock.now());
      this.activity.set(watched, activity);
    }
  }

  look(): void {
    for (const [network, leaders] of this.byNetwork()) network.users.seats?.prefer(byHeat(leaders.map((watched) => this.heatOf(watched))));
  }

  /** All leaders that are watched, hottest first: whoever begins with the first ones gives them the seats. */
  hottestFirst(): readonly WatchedAccount[] {
    return [...this.byNetwork().values()].flatMap((leaders) => {
      const byAddress = new Map(leaders.map((watched) => [watched.address, watched]));
      return byHeat(leaders.map((watched) => this.heatOf(watched))).flatMap((address) => byAddress.get(address) ?? []);
    });
  }

  /** Writes standings and changed sights. A failure is logged and made good by the next one. */
  async write(): Promise<void> {
    if (this.writing || this.ctx.sending.busy) return;
    this.writing = true;
    try {
      await this.writeAll();
    } catch (failure) {
      this.ctx.log.error('how leaders are seen could not be written', { error: failure });
    } finally {
      this.writing = false;
    }
  }

  private async writeAll(): Promise<void> {
    const networks = this.byNetwork();
    const changed = this.changedSights();
    await this.ctx.storage.platform(async (unit) => {
      for (const network of networks.keys()) {
        const standing = network.users.seats?.standing();
        if (standing !== undefined) await unit.detection.putStanding(network.venueName, network.name, standing);
      }
      await unit.detection.putSights(changed);
    });
    for (const sight of changed) this.written.set(Number(sight.watchedNo), wordOf(sight));
  }

  private changedSights(): readonly LeaderSightRow[] {
    const rows: LeaderSightRow[] = [];
    for (const { no, network, address, leaders } of this.ctx.registry.watched.values()) {
      const sight = leaders.size > 0 ? network.users.seats?.sightOf(address) : undefined;
      if (!sight) continue;
      const row = { watchedNo: BigInt(no), source: sight.source, seat: sight.seat, lastSeenAt: sight.lastSeenAt };
      if (this.written.get(no) !== wordOf(row) && rows.length < SIGHTS_MAX) rows.push(row);
    }
    return rows;
  }

  private byNetwork(): Map<Network, WatchedAccount[]> {
    const found = new Map<Network, WatchedAccount[]>();
    for (const watched of this.ctx.registry.watched.values()) {
      if (watched.leaders.size === 0) continue;
      const known = found.get(watched.network);
      if (known === undefined) found.set(watched.network, [watched]);
      else known.push(watched);
    }
    return found;
  }

  private heatOf(watched: WatchedAccount): LeaderHeat {
    const { copies, rowCount } = watched.book;
    let running = 0;
    let allocated = 0;
    let needsSeat = false;
    for (let row = 0; row < rowCount; row += 1) {
      if (((copies.status[row] ?? 0) & STATUS.active) === 0) continue;
      running += 1;
      allocated += copies.allocation[row] ?? 0;
      if (copies.mode[row] === MODE.fixedAmount || copies.mirrors[row] === 1) needsSeat = true;
    }
    return {
      address: watched.address,
      copies: running,
      allocated,
      activity: this.activity.get(watched)?.value(this.ctx.clock.now()) ?? 0,
      seated: watched.network.users.seats?.sightOf(watched.address)?.seat ?? false,
      needsSeat,
    };
  }
}

const wordOf = ({ source, seat, lastSeenAt }: LeaderSightRow): string => `${source} ${seat} ${lastSeenAt}`;
