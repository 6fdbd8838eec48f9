import type { Price } from '@lockstep/kernel';
import type { AccountState, Address, UserWatch, WatchEvent } from '../../port';
import { WINDOW_MS } from '../assumptions';
import type { PerpsStudioConfig, PerpsStudioDeps } from '../config';
import { positionsOf } from '../parse/positions';
import { coinOf } from '../symbols';
import type { PerpsStudioTruth } from '../truth';
import type { WirePositions } from '../wire/account';
import { movesBetween, type Seen } from './position-moves';

/** One leader in one dex. */
interface Looked {
  readonly address: Address;
  readonly dex: string;
  seen: ReadonlyMap<string, Seen> | null;
  money: Pick<AccountState, 'accountValue' | 'withdrawable'> | null;
  looks: number;
  failing: boolean;
}

const PAUSE_AFTER_FAILURE_MS = 250;

/**
 * Watches leaders by looking at their positions again and again, in turn, evenly over the leaders' part of the key's minute: with 25 requests a minute one
 * leader in one dex is seen every 2.4 s. Moves are derived from the difference of two looks. The first look is told as `synced`; after a failed
 * one `disconnected` is told, and the next that works is `synced` again, with what changed meanwhile as its fills: nothing is lost but the path between.
 */
export class LeaderPoll implements UserWatch {
  private turns: Looked[] = [];
  private readonly leaders = new Set<Address>();
  private running = false;
  /** Requests of the look that runs, and the time each of them stands for: evenly spread, the leaders' part of the minute lasts a minute. */
  private asked = 0;
  private readonly gapMs: number;
  private closed = false;

  constructor(
    private readonly config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
    private readonly truth: PerpsStudioTruth,
    private dexes: readonly string[],
    private readonly mark: (coin: string) => Price | undefined,
    private readonly sink: (event: WatchEvent) => void,
  ) {
    this.gapMs = Math.ceil(WINDOW_MS / Math.max(1, config.keptPerMinute.leaders));
    this.tell({ kind: 'connected', at: deps.clock.now() });
  }

  watch(address: Address): 'watching' | 'seat_refused' {
    const leader = address.toLowerCase();
    if (this.leaders.has(leader)) return 'watching';
    if (this.leaders.size >= this.config.leadersMax) return 'seat_refused';
    this.leaders.add(leader);
    this.turns.push(...this.dexes.map((dex) => lookAt(leader, dex)));
    void this.run();
    return 'watching';
  }

  unwatch(address: Address): void {
    const leader = address.toLowerCase();
    this.leaders.delete(leader);
    this.turns = this.turns.filter((turn) => turn.address !== leader);
  }

  setDexes(dexes: readonly string[]): void {
    const added = dexes.filter((dex) => !this.dexes.includes(dex));
    this.dexes = dexes;
    this.turns = this.turns.filter(({ dex }) => dexes.includes(dex));
    for (const leader of this.leaders) this.turns.push(...added.map((dex) => lookAt(leader, dex)));
    void this.run();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.turns = [];
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    while (!this.closed) {
      const turn = this.turns.shift();
      if (turn === undefined) break;
      this.turns.push(turn);
      const begun = this.deps.clock.monotonic();
      this.asked = 0;
      const worked = await this.look(turn);
      const due = this.asked * this.gapMs - (this.deps.clock.monotonic() - begun);
      await pause(Math.max(due, worked ? 0 : PAUSE_AFTER_FAILURE_MS));
    }
    this.running = false;
  }

  private isWanted(turn: Looked): boolean {
    return !this.closed && this.turns.includes(turn);
  }

  /** One look; false when it failed. What was seen is kept only once it was told. */
  private async look(turn: Looked): Promise<boolean> {
    const { address, dex } = turn;
    this.asked += 1;
    const read = await this.truth.positions(address, dex, 'leaders');
    if (!this.isWanted(turn)) return true;
    if (!read.ok) return this.failed(turn, read.error.detail);
    const receivedAt = this.deps.clock.now();
    const positions = positionsOf(dex, read.value);
    const fills = turn.seen === null ? [] : movesBetween(turn.seen, positions, this.marksOf(turn, dex, read.value), receivedAt);
    const seen = new Map(positions.map(({ coin, size, entryPrice }) => [coin, { size, entryPrice }]));
    const behind = turn.money === null || turn.failing;
    // A move is told at once: the equity behind it takes another request.
    if (!behind) {
      turn.seen = seen;
      if (fills.length > 0) this.tell({ kind: 'fills', address, fills, receivedAt });
    }
    turn.looks += 1;
    if (behind || fills.length > 0 || turn.looks % this.config.looksPerEquity === 0) {
      this.asked += 1;
      const money = await this.truth.money(address, dex, 'leaders');
      if (!this.isWanted(turn)) return true;
      if (money.ok) turn.money = money.value;
      else if (behind) return this.failed(turn, money.error.detail);
    }
    if (turn.money === null) return false;
    const state: AccountState = { address, dex, ...turn.money, pooled: false, positions, time: receivedAt };
    if (behind) this.tell({ kind: 'synced', address, states: [state], fills, receivedAt });
    else this.tell({ kind: 'state', state, receivedAt });
    turn.seen = seen;
    turn.failing = false;
    return true;
  }

  private failed(turn: Looked, reason: string): false {
    if (!turn.failing && turn.seen !== null) this.tell({ kind: 'disconnected', at: this.deps.clock.now(), reason, unseen: [turn.address] });
    turn.failing = true;
    return false;
  }

  /** Marks of what is held now, and of what was held before. */
  private marksOf(turn: Looked, dex: string, positions: WirePositions): ReadonlyMap<string, Price> {
    const marks = new Map(positions.map(({ symbol, markPrice }) => [coinOf(dex, symbol), markPrice]));
    for (const coin of turn.seen?.keys() ?? []) {
      const mark = this.mark(coin);
      if (!marks.has(coin) && mark !== undefined) marks.set(coin, mark);
    }
    return marks;
  }

  private tell(event: WatchEvent): void {
    if (!this.closed) this.sink(event);
  }
}

const lookAt = (address: Address, dex: string): Looked => ({ address, dex, seen: null, money: null, looks: 0, failing: false });

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
