import type { EpochMs, Result } from '@lockstep/kernel';
import type { AccountState, Address, VenueFill, VenueReadError, VenueTruth, WatchEvent } from '../../port';
import type { HyperliquidConfig, VenueLog } from '../config';
import { fillKey } from '../truth';
import { FillMemory } from './fill-memory';

/**
 * One watched address: snapshot as state, de-duplication, back-fill of a gap. Between a (re)connect and its `synced`, live fills are held
 * back, so that they are never told before older ones that were missed. Pure of sockets: it is handed what arrived.
 */
export class UserSession {
  private readonly memory: FillMemory;
  private held: { readonly fills: readonly VenueFill[]; readonly receivedAt: number }[] = [];
  private syncing = true;
  private generation = 0;
  private seen = false;

  constructor(
    readonly address: Address,
    private readonly config: HyperliquidConfig,
    private readonly truth: VenueTruth,
    private readonly log: VenueLog,
    /** Dexes whose states are read. */
    private readonly dexes: () => readonly string[],
    private readonly tell: (event: WatchEvent) => void,
    private readonly pause: (ms: number) => Promise<void>,
    private readonly now: () => EpochMs,
  ) {
    this.memory = new FillMemory(config.fillMemoryMax);
  }

  /** The connection was lost: fills may be missing until the next snapshot was worked in. */
  disconnected(): void {
    this.generation += 1;
    this.syncing = true;
    this.held = [];
  }

  /** Ends the session: nothing is told from here on. */
  end(): void {
    this.disconnected();
  }

  /**
   * A snapshot of the newest fills. Reads the account state, fills a gap and tells `synced`. What was held back while the state was read is part of it:
   * the state shows those fills already. A dex that cannot be read holds up nothing: it is read on behind.
   */
  async snapshot(fills: readonly VenueFill[], receivedAt: number): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    const since = this.memory.lastTime;
    const oldest = fills.reduce((earliest, fill) => Math.min(earliest, fill.time), Number.POSITIVE_INFINITY);
    // The snapshot reaches back to the last fill told, or everything between is asked for.
    const gap = this.seen && since > 0 && oldest > since;
    const missed = gap ? await this.backfill(since, generation) : [];
    const dexes = this.dexes();
    const states = await this.states(dexes, generation);
    if (generation !== this.generation) return;
    const told = [...missed, ...fills, ...this.held.flatMap((frame) => frame.fills)];
    this.memory.fresh(told);
    this.seen = true;
    this.held = [];
    this.syncing = false;
    this.tell({ kind: 'synced', address: this.address, states, fills: distinct(told), receivedAt });
    this.readBehind(dexes.filter((dex) => !states.some((state) => state.dex === dex)));
  }

  /** Reads the states of dexes until each could be read once, and tells each by a `synced` of its own. Ends with the connection. Returns at once. */
  readBehind(dexes: readonly string[]): void {
    for (const dex of dexes) void this.readUntilTold(dex, this.generation);
  }

  /** A frame of new fills: one block of this user. */
  live(fills: readonly VenueFill[], receivedAt: number): void {
    if (this.syncing) {
      if (this.held.length < this.config.heldFramesMax) this.held.push({ fills, receivedAt });
      else this.log({ level: 'error', event: 'venue_held_frames_overflow', fields: { address: this.address, frames: this.held.length } });
      return;
    }
    const fresh = this.memory.fresh(fills);
    if (fresh.length > 0) this.tell({ kind: 'fills', address: this.address, fills: fresh, receivedAt });
  }

  private async backfill(since: number, generation: number): Promise<readonly VenueFill[]> {
    const read = await this.repeat(generation, async () => await this.truth.fills(this.address, since));
    return read ?? [];
  }

  private async states(dexes: readonly string[], generation: number): Promise<readonly AccountState[]> {
    const read = await Promise.all(dexes.map((dex) => this.repeat(generation, async () => await this.truth.account(this.address, dex))));
    return read.filter((state) => state !== null);
  }

  private async readUntilTold(dex: string, generation: number): Promise<void> {
    const { reconnectMinMs, reconnectMaxMs, syncAttemptsMax } = this.config;
    for (let attempt = syncAttemptsMax; generation === this.generation; attempt += 1) {
      const state = this.syncing ? null : await this.truth.account(this.address, dex);
      if (generation !== this.generation) return;
      if (state?.ok) {
        this.tell({ kind: 'synced', address: this.address, states: [state.value], fills: [], receivedAt: this.now() });
        return;
      }
      await this.pause(Math.min(reconnectMaxMs, reconnectMinMs * attempt));
    }
  }

  /** A few attempts, then none: `synced` without a dex's state is better than no fills at all. */
  private async repeat<T>(generation: number, read: () => Promise<Result<T, VenueReadError>>): Promise<T | null> {
    for (let attempt = 1; attempt <= this.config.syncAttemptsMax && generation === this.generation; attempt += 1) {
      const answer = await read();
      if (answer.ok) return answer.value;
      this.log({ level: 'warn', event: 'venue_sync_read_failed', fields: { address: this.address, attempt, detail: answer.error.detail } });
      await this.pause(this.config.reconnectMinMs * attempt);
    }
    return null;
  }
}

/** Each fill once, oldest first. */
function distinct(fills: readonly VenueFill[]): VenueFill[] {
  const byKey = new Map(fills.map((fill) => [fillKey(fill), fill]));
  return [...byKey.values()].sort((a, b) => a.time - b.time);
}
