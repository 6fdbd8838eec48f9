import { type Size, size, toLots } from '@lockstep/kernel';
import type { VenueFill, WatchEvent } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { Lanes } from '../lanes';
import type { Network } from '../state/networks';
import type { WatchedAccount } from '../state/registry';
import type { RecordedMove } from '../wave/recorded-move';
import { type FillFrame, positionsOf, recordFills, recordResync } from './inbox';

export type Frame<Watched = WatchedAccount> =
  | { readonly kind: 'fills'; readonly watched: Watched; readonly fills: readonly VenueFill[]; readonly receivedAt: number }
  | { readonly kind: 'synced'; readonly watched: Watched; readonly event: Extract<WatchEvent, { readonly kind: 'synced' }> };

/** Frames that are taken in one go: fills that gathered while the ones before were written down share a transaction. */
export type FrameRun<Watched = WatchedAccount> =
  | { readonly kind: 'fills'; readonly watched: Watched; readonly frames: readonly FillFrame[] }
  | Extract<Frame<Watched>, { readonly kind: 'synced' }>;

/** Most frames of one transaction. */
const RUN_FRAMES_MAX = 500;

/** Joins frames of fills that follow each other directly, in their order; all are of one watched account. */
export function runsOf<Watched>(frames: readonly Frame<Watched>[]): readonly FrameRun<Watched>[] {
  const runs: FrameRun<Watched>[] = [];
  let open: { readonly kind: 'fills'; readonly watched: Watched; readonly frames: FillFrame[] } | null = null;
  for (const frame of frames) {
    if (frame.kind === 'synced') {
      runs.push(frame);
      open = null;
      continue;
    }
    if (open === null || open.frames.length >= RUN_FRAMES_MAX) {
      open = { kind: 'fills', watched: frame.watched, frames: [] };
      runs.push(open);
    }
    open.frames.push({ fills: frame.fills, receivedAt: frame.receivedAt });
  }
  return runs;
}

/**
 * From the venue's user streams to recorded moves. Fills are signals; snapshots are state: they tell which fills are missing and where the leader
 * stands, and what can only be seen in them is followed in reductions alone. Frames of one watched account are taken one after another.
 */
export class LeaderWatch {
  private readonly byAddress = new Map<string, WatchedAccount>();
  private readonly frames: Lanes<Frame>;
  private readonly waitingForSync = new Map<number, (() => void)[]>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly onMoves: (moves: readonly RecordedMove[]) => void,
    private readonly onResynced: (network: Network) => void,
  ) {
    this.frames = new Lanes(
      async (_key, batch) => {
        for (const run of runsOf(batch)) await this.take(run);
      },
      (key, batch, failure) => {
        ctx.log.error('leader frames could not be recorded', { watchedNo: key, frames: batch.length, error: failure });
        // What was not recorded is missing: a new snapshot brings it back.
        for (const frame of batch) this.restart(frame.watched);
      },
      ctx.limits.inboxDepthMax,
    );
  }

  /** Starts watching an account. `seat_refused`: the venue's cap of watched users is reached. */
  watch(watched: WatchedAccount): 'watching' | 'seat_refused' {
    this.byAddress.set(addressKey(watched.network, watched.address), watched);
    return watched.network.users.watch(watched.address);
  }

  /** Resolves once the account's state was read after the last (re)connect. */
  synced(watched: WatchedAccount): Promise<void> {
    if (watched.synced) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.waitingForSync.get(watched.no) ?? [];
      waiting.push(resolve);
      this.waitingForSync.set(watched.no, waiting);
    });
  }

  /** Takes an event of a network's user stream. */
  receive(network: Network, event: WatchEvent): void {
    switch (event.kind) {
      case 'connected':
      case 'orders':
        return;
      case 'disconnected':
        for (const watched of this.ctx.registry.watched.values()) if (watched.network === network) watched.synced = false;
        this.ctx.log.warn('leader stream lost', { network: network.name, reason: event.reason });
        return;
      case 'state': {
        const watched = this.byAddress.get(addressKey(network, event.state.address));
        watched?.leader.takeState(event.state);
        return;
      }
      case 'fills': {
        const watched = this.byAddress.get(addressKey(network, event.address));
        if (watched === undefined) return;
        this.ctx.pass('received_frame');
        this.frames.push(String(watched.no), { kind: 'fills', watched, fills: event.fills, receivedAt: event.receivedAt });
        return;
      }
      case 'synced': {
        const watched = this.byAddress.get(addressKey(network, event.address));
        if (watched !== undefined) this.frames.push(String(watched.no), { kind: 'synced', watched, event });
      }
    }
  }

  /** Frames that wait to be recorded. */
  get depth(): number {
    return this.frames.depth;
  }

  idle(): Promise<void> {
    return this.frames.idle();
  }

  private async take(run: FrameRun): Promise<void> {
    if (run.kind === 'fills') {
      this.onMoves(await recordFills(this.ctx, run.watched, run.frames));
      return;
    }
    const { watched, event } = run;
    for (const state of event.states) watched.leader.takeState(state);
    const found = positionsOf(event.states);
    if (watched.begun) {
      const history = event.fills.filter((fill) => fill.time > watched.historyFrom);
      this.onMoves(await recordFills(this.ctx, watched, [{ fills: history, receivedAt: event.receivedAt }]));
      if (event.states.length > 0) await this.compare(watched, found, event.receivedAt);
    } else {
      for (const [coin, position] of found) standAt(watched, coin, position);
      watched.historyFrom = event.fills.reduce((newest, fill) => Math.max(newest, fill.time), 0);
      watched.begun = true;
    }
    watched.synced = true;
    for (const resolve of this.waitingForSync.get(watched.no) ?? []) resolve();
    this.waitingForSync.delete(watched.no);
    this.onResynced(watched.network);
  }

  /** Where the state differs from the fills, fills are missing. An instrument never met before is state, nothing of it is traded. */
  private async compare(watched: WatchedAccount, found: ReadonlyMap<string, Size>, at: number): Promise<void> {
    for (const [coin, position] of found) if (!watched.leader.positions.has(coin)) standAt(watched, coin, position);
    for (const coin of [...watched.leader.positions.keys()]) {
      const move = await recordResync(this.ctx, watched, coin, found.get(coin) ?? size(0n), at);
      if (move !== null) this.onMoves([move]);
    }
  }

  private restart(watched: WatchedAccount): void {
    watched.synced = false;
    watched.network.users.unwatch(watched.address);
    watched.network.users.watch(watched.address);
  }
}

/** Takes a position as where the leader stands, without a move. */
function standAt(watched: WatchedAccount, coin: string, position: Size): void {
  watched.leader.positions.set(coin, position);
  const view = watched.network.markets.get(coin);
  if (view !== undefined) watched.book.sheet(view.instrument).leaderLots = toLots(view.instrument, position);
}

const addressKey = (network: Network, address: string): string => `${network.venueName}|${network.name}|${address.toLowerCase()}`;
