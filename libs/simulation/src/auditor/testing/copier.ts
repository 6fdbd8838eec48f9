import type { SeededRandom } from '../../clock/random';
import type { OrderHanded } from '../observations';
import type { SettingsSeen } from '../terms';
import type { ViolationKind } from '../violation';
import { CopierWorld, LEADER_EQUITY, LOT } from './copier-world';
import { rate, units } from './history';

/** One way to break one rule. */
export type Fault =
  | 'one lot over the cap'
  | 'sign flip'
  | 'retry on unknown'
  | 'no breaker'
  | 'bound twice as wide'
  | 'exits ignored'
  | 'stale marks'
  | 'pause ignored'
  | 'exit not reduce-only'
  | 'entries before exits'
  | 'makes up for what was given up'
  | 'leader equity ignored'
  | 'fee lost';

const MAX_AGE_MS = 2_000;
const CATCH_UP_MS = 10_000;
const MARK_AGE_MS = 5_000;
const MINIMUM = units('10');
const ONE = rate('1');
const CAP = units('16');
const LOSS = 0.1;
const ALLOCATION = 1_000;

const PROPORTIONAL = { kind: 'proportional', multiplier: rate('1'), compounding: 'reinvest' } as const;

const COPIER_SETTINGS: SettingsSeen = {
  mode: { kind: 'fixed_ratio', ratio: rate('0.1') },
  direction: 'same',
  follow: 'all',
  start: 'next_open',
  instruments: { kind: 'all' },
  caps: { maxPositionSize: CAP, maxPositionNotional: null, maxPositionShare: null, maxLeverage: rate('20') },
  losses: { fromStart: rate('0.1'), trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 },
  entryBound: rate('0.005'),
  maxAgeMs: MAX_AGE_MS,
  catchUpMs: CATCH_UP_MS,
  venueLeverage: 20,
};

/** A copier that lost nearly all enters no more than this share of its equity holds margin for: fills it was not told of may have cost some. */
const MOST_OF_EQUITY = 0.9;

interface Sent {
  readonly signed: bigint;
  readonly exit: boolean;
  /** What was told of it as filled. */
  told: bigint;
  /** Its end is known, with what it filled. */
  answered: bigint | null;
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const signOf = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** A copier of one leader in one coin, as simple as the rules allow, in a world where everything is late. It knows only what it is told. */
export class Copier {
  private readonly world: CopierWorld;
  private target = 0n;
  private position = 0n;
  private readonly sent = new Map<string, Sent>();
  private owedUntil = 0;
  private owedFrom = 0;
  private reference = 0n;
  private closing = false;
  /** Nothing is entered before the leader opens anew. */
  private waits = false;
  private closedAt = 0;
  /** The value losses are counted from. */
  private base = ALLOCATION;
  private money = 0;
  /** The position by fills alone, as the money is. */
  private booked = 0n;
  /** Copy equity at the newest mark, and the leader's as it was read last. */
  private value = ALLOCATION;
  private leaderEquity = LEADER_EQUITY;
  private mark = 0n;
  private markAt = 0;

  constructor(
    private readonly random: SeededRandom,
    private readonly fault: Fault | null,
    private readonly proportional = false,
  ) {
    this.world = new CopierWorld(random, proportional ? { ...COPIER_SETTINGS, mode: PROPORTIONAL } : COPIER_SETTINGS, fault === 'fee lost');
  }

  found(): readonly ViolationKind[] {
    return [...new Set(this.world.auditor.violations().map(({ kind }) => kind))];
  }

  texts(): readonly string[] {
    return this.world.auditor.violations().map(({ at, kind, text }) => `${at} ${kind}: ${text}`);
  }

  counts() {
    return this.world.auditor.counts();
  }

  /** Some minutes of the leader's life and a calm. */
  run(): void {
    const { world } = this;
    for (let act = 0; act < 80; act += 1) {
      const rests = this.random.below(8) === 0;
      world.live(rests ? 30_000 : 100 + this.random.below(6_000), this);
      if (this.random.below(12) === 0) world.pauseOrResume();
      else if (this.random.below(14) === 0) world.silenceMarks(8_000);
      world.leaderActs(this);
    }
    world.resume();
    world.live(3_000, this);
    world.leaderGoes(0n, this);
    world.live(60_000, this);
    world.calm(this.fault === 'exits ignored' ? this.target : 0n, this.position, this.closing ? 'breaker_closed' : 'active', this.reasons());
  }

  private reasons() {
    return magnitude(this.position) * this.mark < MINIMUM * units('1') && this.position !== 0n
      ? (['dust'] as const)
      : (['cap', 'forfeited'] as const);
  }

  onMark(price: bigint, at: number): void {
    this.mark = price;
    this.markAt = at;
    this.value = ALLOCATION + this.money + (Number(this.booked) / 1e8) * (Number(price) / 1e8);
    if (this.value <= this.base * (1 - LOSS) && this.fault !== 'no breaker' && !this.closing && this.booked !== 0n) {
      this.closing = true;
      this.closedAt = at;
      this.target = 0n;
      this.world.state('breaker_closed');
    }
    this.repair();
  }

  onLeader(before: bigint, after: bigint, price: bigint): void {
    this.giveUp();
    const turned = signOf(before) * signOf(after) < 0n;
    if (after === 0n || turned || before === 0n) this.waits = false;
    if (this.closing || this.waits) return;
    if (turned) this.target = 0n;
    const from = turned ? 0n : before;
    const { wave, now } = { wave: this.world.wave(), now: this.world.now };
    if (magnitude(after) < magnitude(from)) {
      if (this.fault !== 'exits ignored') this.target = after === 0n ? 0n : (this.target * after) / from;
      this.owedUntil = 0;
    } else if (magnitude(after) > magnitude(from)) {
      const side = signOf(after);
      const held = magnitude(this.target);
      if (held <= this.worstHeld(side)) this.reference = price;
      else this.reference = side > 0n ? least(this.reference || price, price) : this.reference > price ? this.reference : price;
      const ratio = this.ratio();
      const grown = held + ((magnitude(after) - magnitude(from)) * ratio) / ONE;
      const whole = (magnitude(after) * ratio) / ONE;
      const asked = least(grown, whole > held ? whole : held);
      const cap = CAP + (this.fault === 'one lot over the cap' ? LOT : 0n);
      const capped = held > cap ? held : least(asked, cap);
      this.target = side * (this.paused() ? held : capped);
      this.owedFrom = now;
      this.owedUntil = now + MAX_AGE_MS + CATCH_UP_MS;
    }
    if (this.fault === 'entries before exits') {
      this.enter('move', wave);
      this.exit(wave);
      return;
    }
    this.exit(wave);
    this.enter('move', wave);
  }

  onLeaderEquity(equity: number): void {
    this.leaderEquity = equity;
  }

  private ratio(): bigint {
    if (!this.proportional) return ONE / 10n;
    const leader = this.fault === 'leader equity ignored' ? LEADER_EQUITY : this.leaderEquity;
    return BigInt(Math.floor((Math.max(0, this.value) / leader) * 1e12));
  }

  onFill(cloid: string, signed: bigint, price: bigint, fee: bigint): void {
    const sent = this.sent.get(cloid);
    if (sent === undefined) return;
    // The answer told already what it filled in all.
    if (sent.answered === null) {
      sent.told += signed;
      this.position += signed;
    }
    this.booked += signed;
    this.money -= (Number(signed) / 1e8) * (Number(price) / 1e8) + Number(fee) / 1e8;
  }

  onAnswer(cloid: string, filled: bigint): void {
    const sent = this.sent.get(cloid);
    if (sent === undefined) return;
    sent.answered = filled;
    this.position += filled - sent.told;
  }

  /** What is owed and not on its way, what is held and not wanted: looked at again with every mark. */
  private repair(): void {
    if (this.closing && this.position === 0n && this.booked === 0n && !this.unsure() && this.world.now - this.closedAt > 20_000) {
      this.closing = false;
      this.owedUntil = 0;
      this.waits = true;
      this.base = ALLOCATION + this.money;
      this.world.reEnable();
    }
    this.giveUp();
    this.exit(this.world.wave());
    if (this.world.now - this.owedFrom > 1_000) this.enter('repair', this.world.wave());
  }

  private giveUp(): void {
    if (this.fault === 'makes up for what was given up') {
      if (!this.closing && this.target !== 0n) this.owedUntil = this.world.now + 1;
      return;
    }
    if (this.world.now <= this.owedUntil || this.unsure()) return;
    if (magnitude(this.target) > magnitude(this.position)) this.target = signOf(this.target) === signOf(this.position) ? this.position : 0n;
  }

  private unsure(): boolean {
    for (const sent of this.sent.values()) if (sent.answered === null) return true;
    return false;
  }

  private paused(): boolean {
    return this.world.paused && this.fault !== 'pause ignored';
  }

  /** What is held on a side with every entry of that side filled. */
  private worstHeld(side: bigint): bigint {
    let held = this.position * side;
    let entries = 0n;
    for (const sent of this.sent.values()) {
      if (signOf(sent.signed) !== side || (this.fault === 'retry on unknown' && !sent.exit)) continue;
      if (sent.exit) held += this.open(sent);
      else entries += this.open(sent);
    }
    return (held > 0n ? held : 0n) + entries;
  }

  /** What of an order may still fill. */
  private open(sent: Sent): bigint {
    return sent.answered === null ? magnitude(sent.signed - sent.told) : 0n;
  }

  private exit(wave: string): void {
    const side = signOf(this.position);
    let held = magnitude(this.position);
    for (const sent of this.sent.values()) {
      if (sent.exit && signOf(sent.signed) === -side) held -= this.open(sent);
    }
    const keep = signOf(this.target) === side ? magnitude(this.target) : 0n;
    const excess = ((held - keep) / LOT) * LOT;
    if (excess <= 0n || this.mark === 0n) return;
    const whole = keep === 0n;
    if (!whole && excess * this.mark < MINIMUM * units('1')) return;
    const reduceOnly = this.fault !== 'exit not reduce-only';
    this.send(-side * excess, { wave, reduceOnly, cause: 'move', expiresAfter: reduceOnly ? 0 : this.world.now + MAX_AGE_MS });
  }

  private enter(cause: 'move' | 'repair', wave: string): void {
    const { now } = this.world;
    if (this.closing || this.paused() || now > this.owedUntil || this.mark === 0n) return;
    if (now - this.markAt > MARK_AGE_MS && this.fault !== 'stale marks') return;
    const side = signOf(this.target);
    const more = ((magnitude(this.target) - this.worstHeld(side)) / LOT) * LOT;
    if (more <= 0n || more * this.mark < MINIMUM * units('1')) return;
    if (this.asksMargin(this.worstHeld(side) + more) > this.value * MOST_OF_EQUITY) return;
    this.send(this.fault === 'sign flip' ? -side * more : side * more, { wave, cause, reduceOnly: false, expiresAfter: now + MAX_AGE_MS });
  }

  /** Initial margin of a size at the mark or the reference, the dearer. */
  private asksMargin(size: bigint): number {
    const price = this.mark > this.reference ? this.mark : this.reference;
    return ((Number(size) / 1e8) * (Number(price) / 1e8)) / COPIER_SETTINGS.venueLeverage;
  }

  private send(signed: bigint, order: Pick<OrderHanded, 'wave' | 'cause' | 'reduceOnly' | 'expiresAfter'>): void {
    const buy = signed > 0n;
    const exit = order.reduceOnly || this.fault === 'exit not reduce-only';
    const reference = order.reduceOnly ? this.mark : this.reference;
    const bound = (order.reduceOnly ? 500n : 50n) * (this.fault === 'bound twice as wide' ? 2n : 1n);
    const price = buy ? (reference * (10_000n + bound)) / 10_000n : (reference * (10_000n - bound) + 9_999n) / 10_000n;
    const cloid = this.world.send({ ...order, buy, size: magnitude(signed), price });
    this.sent.set(cloid, { signed, exit, told: 0n, answered: null });
  }
}
