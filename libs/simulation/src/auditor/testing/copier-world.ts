import type { SeededRandom } from '../../clock/random';
import { createAuditor } from '../auditor';
import type { FillRow, OrderRow, ShortfallReason } from '../calm';
import type { OrderHanded } from '../observations';
import type { CopyStateSeen, SettingsSeen } from '../terms';
import { COIN, COPY, T0, units } from './history';

export const LOT = units('0.01');
/** What the leader has at the beginning, in whole units. */
export const LEADER_EQUITY = 9_000;
const PROCESS = 'p1';
const ONE = units('1');

/** What a copier is told. */
export interface Told {
  onMark(price: bigint, at: number): void;
  onLeader(before: bigint, after: bigint, price: bigint): void;
  onLeaderEquity(equity: number): void;
  onFill(cloid: string, signed: bigint, price: bigint, fee: bigint): void;
  onAnswer(cloid: string, filled: bigint): void;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly work: (copier: Told) => void;
}

/** A market, a leader and a venue for one copier: orders fill in part or not at all, answers and fills come late or in the other order. */
export class CopierWorld {
  readonly auditor = createAuditor();
  now = T0;
  paused = false;
  private price = units('100');
  private leaderEquity = LEADER_EQUITY;
  private leader = 0n;
  private made = 0;
  private arrival = T0;
  private nextMark = T0;
  private silentUntil = T0;
  private readonly due: Due[] = [];
  private position = 0n;
  private cost = 0n;
  private readonly rows: OrderRow[] = [];
  private readonly fills: FillRow[] = [];
  private readonly booked = { realised: 0n, fees: 0n, funding: 0n };

  constructor(
    private readonly random: SeededRandom,
    settings: SettingsSeen,
    private readonly losesFees: boolean,
  ) {
    const { auditor } = this;
    const instrument = {
      kind: 'instrument',
      at: T0,
      coin: COIN,
      szDecimals: 2,
      maxLeverage: 50,
      minNotional: units('10'),
      collateral: 'USDC',
    } as const;
    auditor.observe({ kind: 'process_started', at: T0 - 60_000, process: PROCESS });
    auditor.observe(instrument);
    auditor.observe({
      kind: 'leader_state_delivered',
      at: T0,
      process: PROCESS,
      leader: COPY.leader,
      equity: BigInt(LEADER_EQUITY) * ONE,
      time: T0,
      positions: [],
    });
    auditor.observe({ kind: 'copy_terms', at: T0, copy: COPY, settings, allocation: units('1000') });
    this.state('active');
  }

  wave(): string {
    this.made += 1;
    return `w${this.made}`;
  }

  state(state: CopyStateSeen): void {
    this.auditor.observe({ kind: 'copy_state', at: this.now, copyId: COPY.copyId, state });
  }

  reEnable(): void {
    this.auditor.observe({ kind: 'copy_state', at: this.now, copyId: COPY.copyId, state: 'active', reEnabled: true });
  }

  pauseOrResume(): void {
    if (this.paused) {
      this.resume();
      return;
    }
    this.paused = true;
    this.auditor.observe({ kind: 'halt', at: this.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'pause' });
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.auditor.observe({ kind: 'halt_lifted', at: this.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'pause' });
  }

  silenceMarks(ms: number): void {
    this.silentUntil = this.now + ms;
  }

  /** Time goes on with everything that comes due in it. */
  live(ms: number, copier: Told): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.due[0];
      const at = Math.min(next?.at ?? Number.POSITIVE_INFINITY, this.nextMark);
      if (at > end) break;
      this.now = Math.max(this.now, at);
      if (next !== undefined && next.at <= this.nextMark) {
        this.due.shift();
        next.work(copier);
      } else this.tick(copier);
    }
    this.now = end;
  }

  leaderActs(copier: Told): void {
    const draw = this.random.below(10);
    const size = BigInt(500 + this.random.below(6_000)) * LOT;
    if (this.leader === 0n) this.leaderGoes(this.random.below(2) === 0 ? size : -size, copier);
    else if (draw < 5) this.leaderGoes(this.leader + (this.leader > 0n ? size : -size), copier);
    else if (draw < 8) this.leaderGoes((this.leader * BigInt(this.random.below(90) + 5)) / 100n, copier);
    else this.leaderGoes(draw === 8 ? 0n : -this.leader, copier);
  }

  leaderGoes(to: bigint, copier: Told): void {
    const before = this.leader;
    const change = to - before;
    if (change === 0n) return;
    this.made += 1;
    const trade = {
      tradeId: `L${this.made}`,
      coin: COIN,
      buy: change > 0n,
      size: change > 0n ? change : -change,
      price: this.price,
      orderId: `o${this.made}`,
    };
    const fills = [{ ...trade, startPosition: before, time: this.now - 40 }];
    this.auditor.observe({ kind: 'leader_fills_delivered', at: this.now, process: PROCESS, leader: COPY.leader, fills });
    this.leader = to;
    copier.onLeader(before, to, this.price);
  }

  send(wish: Pick<OrderHanded, 'wave' | 'cause' | 'reduceOnly' | 'expiresAfter' | 'buy' | 'size' | 'price'>): string {
    this.made += 1;
    const cloid = `k${this.made}`;
    const order: OrderHanded = {
      ...wish,
      process: PROCESS,
      scope: COPY.scope,
      copyId: COPY.copyId,
      account: COPY.account,
      signer: 'agent',
      coin: COIN,
      tif: 'ioc',
      cloid,
      nonce: this.made,
      decidedAt: this.now,
      journaledAt: this.now,
      sentAt: this.now,
    };
    const { wave, nonce, process, scope, copyId, signer } = order;
    this.auditor.observe({ kind: 'order_journaled', at: this.now, process, scope, copyId, wave, cloid, signer, nonce, journaledAt: this.now });
    this.auditor.observe({ kind: 'order_handed', at: this.now, order });
    // What leaves first arrives first.
    this.arrival = Math.max(this.arrival, this.now + 5 + this.random.below(60));
    this.later(this.arrival - this.now, () => this.arrive(order));
    return cloid;
  }

  calm(target: bigint, position: bigint, state: CopyStateSeen, reasons: readonly ShortfallReason[]): void {
    this.auditor.calm({
      at: this.now,
      copies: [{ copyId: COPY.copyId, state, instruments: [{ coin: COIN, target, position, reasons }], booked: this.booked }],
      positions: [
        { address: COPY.account, positions: [{ coin: COIN, size: this.position }] },
        { address: COPY.leader, positions: [{ coin: COIN, size: this.leader }] },
      ],
      marks: [{ coin: COIN, price: this.price }],
      orders: this.rows,
      fills: this.fills,
      transactions: [],
      mentions: [{ what: 'order', scope: COPY.scope, copyId: COPY.copyId }],
    });
  }

  private later(ms: number, work: (copier: Told) => void): void {
    this.made += 1;
    this.due.push({ at: this.now + ms, order: this.made, work });
    this.due.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  private tick(copier: Told): void {
    this.nextMark = this.now + 700 + this.random.below(600);
    // Mostly small steps; a jump now and then, so that limits of loss are met.
    const reach = this.random.below(15) === 0 ? 150_000n : 4_000n;
    this.price += (this.price * (BigInt(this.random.below(Number(reach) * 2 + 1)) - reach)) / 1_000_000n;
    this.price = (this.price / units('0.01')) * units('0.01');
    if (this.now < this.silentUntil) return;
    this.auditor.observe({ kind: 'mark_delivered', at: this.now, process: PROCESS, coin: COIN, price: this.price });
    copier.onMark(this.price, this.now);
    if (this.random.below(20) === 0) this.charge();
    if (this.random.below(6) === 0) this.readLeader(copier);
  }

  /** The leader gains, loses, deposits and withdraws. */
  private readLeader(copier: Told): void {
    const reach = this.random.below(8) === 0 ? 40 : 5;
    this.leaderEquity = Math.max(2_000, Math.floor((this.leaderEquity * (100 - reach + this.random.below(2 * reach + 1))) / 100));
    const equity = BigInt(this.leaderEquity) * ONE;
    this.auditor.observe({
      kind: 'leader_state_delivered',
      at: this.now,
      process: PROCESS,
      leader: COPY.leader,
      equity,
      time: this.now,
      positions: null,
    });
    copier.onLeaderEquity(this.leaderEquity);
  }

  private charge(): void {
    if (this.position === 0n) return;
    const amount = -(this.position * this.price) / ONE / 100_000n;
    const charge = { account: COPY.account, coin: COIN, time: this.now };
    this.booked.funding += amount;
    this.auditor.observe({ ...charge, kind: 'world_funding', at: this.now, amount });
    this.later(this.random.below(5_000), () => this.auditor.observe({ ...charge, kind: 'funding_delivered', at: this.now, process: PROCESS }));
  }

  private arrive(order: OrderHanded): void {
    const filled = this.match(order);
    const { account, coin, cloid, scope, copyId } = order;
    this.auditor.observe({ kind: 'world_order', at: this.now, account, coin, cloid, status: filled > 0n ? 'done' : 'rejected' });
    this.rows.push({ scope, copyId, cloid, filled, end: filled > 0n ? 'filled' : 'rejected' });
    // One in six answers is lost, and asked for later.
    const lost = this.random.below(6) === 0;
    this.later(lost ? 4_000 : 20 + this.random.below(400), (copier) => {
      const outcome = filled > 0n ? 'filled' : 'rejected';
      this.auditor.observe({ kind: 'answer_delivered', at: this.now, process: PROCESS, cloid, outcome });
      copier.onAnswer(cloid, order.buy ? filled : -filled);
    });
  }

  private match(order: OrderHanded): bigint {
    const crosses = order.buy ? this.price <= order.price : this.price >= order.price;
    const held = this.position < 0n === order.buy ? (this.position < 0n ? -this.position : this.position) : 0n;
    const room = order.reduceOnly ? (order.size < held ? order.size : held) : order.size;
    const share = this.random.below(4) === 0 ? BigInt(this.random.below(100)) : 100n;
    const filled = crosses ? ((room * share) / 100n / LOT) * LOT : 0n;
    const parts = filled > LOT && this.random.below(3) === 0 ? [(filled / 2n / LOT) * LOT, filled - (filled / 2n / LOT) * LOT] : [filled];
    for (const size of parts) if (size > 0n) this.fill(order, size);
    return filled;
  }

  private fill(order: OrderHanded, size: bigint): void {
    this.made += 1;
    const tradeId = `t${this.made}`;
    const signed = order.buy ? size : -size;
    const fee = (size * this.price) / ONE / 2_000n;
    const closedPnl = this.realise(signed);
    const { account, coin, cloid, scope, copyId } = order;
    const { price } = this;
    this.booked.realised += closedPnl;
    this.booked.fees += this.losesFees ? 0n : fee;
    this.fills.push({ scope, copyId, account, tradeId, coin, size, price, fee });
    this.auditor.observe({
      kind: 'world_fill',
      at: this.now,
      account,
      tradeId,
      coin,
      cloid,
      buy: order.buy,
      size,
      price,
      fee,
      closedPnl,
      liquidation: false,
    });
    this.later(20 + this.random.below(800), (copier) => {
      this.auditor.observe({ kind: 'account_fill_delivered', at: this.now, process: PROCESS, account, tradeId, coin });
      copier.onFill(cloid, signed, price, fee);
    });
  }

  /** Realised profit of a fill on average entries, as the venue counts it. */
  private realise(signed: bigint): bigint {
    const before = this.position;
    this.position += signed;
    if (before === 0n || before > 0n === signed > 0n) {
      this.cost += signed * this.price;
      return 0n;
    }
    const closed = (signed < 0n ? -signed : signed) < (before < 0n ? -before : before) ? -signed : before;
    const basis = (this.cost * closed) / before;
    // What turns to the other side begins at this price.
    this.cost = this.cost - basis + (signed + closed) * this.price;
    return (closed * this.price - basis) / ONE;
  }
}
