import { type EpochMs, type Timer } from '@lockstep/kernel';
import { type EquityPoint, readMove, realisedVolatility } from '@lockstep/replication';
import type { MoveRow } from '@lockstep/storage';
import type { EngineContext } from '../context';
import type { LeaderVolatility, WatchedAccount } from '../state/registry';

/** Age from which a leader's volatility is read again, and the one beyond which it is no longer relied on, in ms. */
const READ_AGAIN_MS = 86_400_000;
const RELIED_ON_MS = 3 * READ_AGAIN_MS;
/** Wait between two looks, in ms; each reads one leader at most, weight 20. */
const LOOK_MS = 10_000;

/** Keeps the volatility of leaders that copies are sized by (`risk_normalised`). */
export class VolatilityKeeper {
  private timer: Timer | null = null;
  private reading = false;
  /** When each leader was last tried: one that cannot be read must not keep the others from their turn. */
  private readonly triedAt = new WeakMap<WatchedAccount, number>();

  constructor(private readonly ctx: EngineContext) {}

  /** Begins with the leaders of whom it is not known: until it is, what they add is given up. */
  start(): void {
    this.timer ??= this.ctx.timers.every(LOOK_MS, () => void this.look());
    void this.readUnknown();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Reads the leader that waited longest, if one is due; a failure is logged and made good by a later look. */
  async look(): Promise<void> {
    if (this.reading) return;
    const now = this.ctx.clock.now();
    const due = [...this.sizedBy()].filter(({ volatility }) => now - volatility.readAt >= READ_AGAIN_MS);
    const waitsSince = (watched: WatchedAccount): number => Math.max(watched.volatility.readAt, this.triedAt.get(watched) ?? 0);
    const [next] = due.sort((a, b) => waitsSince(a) - waitsSince(b));
    if (next === undefined) return;
    this.reading = true;
    this.triedAt.set(next, now);
    try {
      await readVolatility(this.ctx, next);
    } finally {
      this.reading = false;
    }
  }

  private async readUnknown(): Promise<void> {
    for (const { volatility } of this.sizedBy()) if (volatility.value === null) await this.look();
  }

  private sizedBy(): Set<WatchedAccount> {
    const found = new Set<WatchedAccount>();
    for (const { watched, settings } of this.ctx.registry.copies.values()) if (settings.mode.kind === 'risk_normalised') found.add(watched);
    return found;
  }
}

/**
 * A leader's volatility as his recorded moves name it, of which the newest counts: what a process that begins goes by until it has read it. It may have been read a
 * day before the move, so that it is due; one that is older than what is relied on is none.
 */
export function recordedVolatility(moves: readonly MoveRow[], now: EpochMs): LeaderVolatility {
  let newest: LeaderVolatility = { value: null, readAt: 0 };
  for (const move of moves) {
    const readAt = move.receivedAt - READ_AGAIN_MS;
    const value = now - readAt > RELIED_ON_MS || readAt <= newest.readAt ? null : (readMove(move)?.leaderVolatility ?? null);
    if (value !== null) newest = { value, readAt };
  }
  return newest;
}

/** Reads a leader's volatility now. What could not be read leaves the last one in force for `RELIED_ON_MS`. */
export async function readVolatility(ctx: EngineContext, watched: WatchedAccount): Promise<LeaderVolatility['value']> {
  const { truth } = watched.network.venue;
  const now = ctx.clock.now();
  const read = truth.equityHistory === undefined ? null : await ctx.truthReads.run(async () => truth.equityHistory?.(watched.address) ?? null);
  if (read?.ok === true) {
    const points: readonly EquityPoint[] = read.value;
    watched.volatility = { value: realisedVolatility(points), readAt: now };
  } else {
    ctx.log.warn('the past of a leader could not be read', {
      watchedNo: watched.no,
      detail: read === null ? 'the venue does not tell it' : read.error.detail,
    });
    if (now - watched.volatility.readAt > RELIED_ON_MS) watched.volatility = { value: null, readAt: watched.volatility.readAt };
  }
  return watched.volatility.value;
}
