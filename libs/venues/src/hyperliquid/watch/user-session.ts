import type { Result } from '@lockstep/kernel';
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
    private readonly tell: (event: WatchEvent) => void,
    private readonly pause: (ms: number) => Promise<void>,
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
   * the state shows those fills already.
   */
  async snapshot(fills: readonly VenueFill[], receivedAt: number): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    const since = this.memory.lastTime;
    const oldest = fills.reduce((earliest, fill) => Math.min(earliest, fill.time), Number.POSITIVE_INFINITY);
    // The snapshot reaches back to the last fill told, or everything between is asked for.
    const gap = this.seen && since > 0 && oldest > since;
    const missed = gap ? await this.backfill(since, generation) : [];
    const states = await this.states(generation);
    if (generation !== this.generation) return;
    const told = [...missed, ...fills, ...this.held.flatMap((frame) => frame.fills)];
    this.memory.fresh(told);
    this.seen = true;
    this.held = [];
    this.syncing = false;
    this.tell({ kind: 'synced', address: this.address, states, fills: distinct(told), receivedAt });
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

  private async states(generation: number): Promise<readonly AccountState[]> {
    const states: AccountState[] = [];
    for (const dex of this.config.watchDexes) {
      const state = await this.repeat(generation, async () => await this.truth.account(this.address, dex));
      if (state !== null) states.push(state);
    }
    return states;
  }

  /** A few attempts, then none: `synced` without a state is better than no fills at all. */
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
