import { parseDecimal, unwrap } from '@lockstep/kernel';
import { createAuditor } from '../auditor';
import type { CalmSnapshot, CopyInstrumentAtCalm, FillRow, OrderRow } from '../calm';
import type { AnswerSeen, LeaderOrderSeen, Observation, OrderHanded } from '../observations';
import type { AuditorOptions } from '../options';
import type { CopyStateSeen, SettingsSeen } from '../terms';
import type { ViolationKind } from '../violation';

/** Where histories begin. */
export const T0 = 1_800_000_000_000;
export const units = (text: string): bigint => unwrap(parseDecimal(text, 8), text);
export const rate = (text: string): bigint => unwrap(parseDecimal(text, 12), text);

/** A tenth of the leader, 10,000 of allocation, a bound of 0.5 %, nothing else limited. */
export const SETTINGS: SettingsSeen = {
  mode: { kind: 'fixed_ratio', ratio: rate('0.1') },
  direction: 'same',
  follow: 'all',
  start: 'next_open',
  instruments: { kind: 'all' },
  caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null },
  losses: { fromStart: null, trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 },
  entryBound: rate('0.005'),
  maxAgeMs: 2_000,
  catchUpMs: 10_000,
  venueLeverage: 10,
};

export const COPY = { scope: 'brand-a', copyId: 'c1', account: '0xf1', leaderId: 'l1', leader: '0xaa', createdAt: T0, dayBeginsMs: 0 };
export const COIN = 'X';
/** A working order of the leader that adds: a buy of 100 at 95. */
export const LEADER_ORDER: LeaderOrderSeen = {
  orderId: 'a',
  coin: COIN,
  buy: true,
  reduceOnly: false,
  price: units('95'),
  trigger: null,
  ofPosition: false,
  original: units('100'),
  remaining: units('100'),
};
export const SIGNER = 'agent-1';

/** Tells an auditor a history by hand: time goes on only where it is told to, and what is not named is as it should be. */
export class History {
  now = T0;
  process = 'p1';
  readonly auditor;
  private leaderAt = 0n;
  private made = 0;
  private readonly orders = new Map<string, OrderHanded>();
  private readonly filled = new Map<string, bigint>();
  private readonly rows: FillRow[] = [];
  settings: SettingsSeen = SETTINGS;
  private readonly ends = new Map<string, OrderRow['end']>();
  private position = 0n;
  private realised = 0n;
  private fees = 0n;
  private funding = 0n;

  constructor(settings: Partial<SettingsSeen> = {}, options: Partial<AuditorOptions> = {}, allocation = '10000') {
    this.auditor = createAuditor(options);
    const instrument = { kind: 'instrument', at: T0, szDecimals: 2, maxLeverage: 50, minNotional: units('10'), collateral: 'USDC' } as const;
    this.tell({ ...instrument, coin: COIN });
    this.tell({ ...instrument, coin: 'Y' });
    this.start('p1');
    this.tell({
      kind: 'leader_state_delivered',
      at: this.now,
      process: 'p1',
      leader: COPY.leader,
      equity: units('100000'),
      time: this.now,
      positions: [],
    });
    this.terms(settings, allocation);
    this.state('active');
    this.wait(60_000).mark('100');
  }

  tell(observation: Observation): this {
    this.auditor.observe(observation);
    return this;
  }

  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  start(process: string): this {
    this.process = process;
    return this.tell({ kind: 'process_started', at: this.now, process });
  }

  die(): this {
    return this.tell({ kind: 'process_died', at: this.now, process: this.process });
  }

  terms(settings: Partial<SettingsSeen>, allocation = '10000'): this {
    this.settings = { ...SETTINGS, ...settings };
    return this.tell({ kind: 'copy_terms', at: this.now, copy: COPY, settings: this.settings, allocation: units(allocation) });
  }

  state(state: CopyStateSeen, reEnabled = false): this {
    return this.tell({ kind: 'copy_state', at: this.now, copyId: COPY.copyId, state, ...(reEnabled ? { reEnabled } : {}) });
  }

  mark(price: string, coin = COIN): this {
    return this.tell({ kind: 'mark_delivered', at: this.now, process: this.process, coin, price: units(price) });
  }

  /** The leader trades to a position, in one fill of one order, and the engine is told at once. */
  leader(position: string, price = '100', orderId = `o${this.made}`, told = true): this {
    const next = units(position);
    const change = next - this.leaderAt;
    this.made += 1;
    const fill = { tradeId: `L${this.made}`, coin: COIN, buy: change > 0n, size: change > 0n ? change : -change, price: units(price), orderId };
    const observation: Observation = {
      kind: 'leader_fills_delivered',
      at: this.now,
      process: this.process,
      leader: COPY.leader,
      fills: [{ ...fill, startPosition: this.leaderAt, time: this.now - 50 }],
    };
    this.leaderAt = next;
    return told ? this.tell(observation) : this;
  }

  /** A reading tells where the leader truly is now. */
  read(): this {
    const state = { kind: 'leader_state_delivered', at: this.now, process: this.process, leader: COPY.leader, time: this.now } as const;
    return this.tell({ ...state, equity: units('100000'), positions: [{ coin: COIN, size: this.leaderAt }] });
  }

  /** The leader comes to a position unseen, and is read there. */
  unseen(position: string): this {
    return this.leader(position, '100', 'unseen', false).wait(500).read();
  }

  /** An order of the engine: journaled and handed over now, 1 and 2 ms after its decision. */
  order(signed: string, changed: Partial<OrderHanded> = {}): string {
    const size = units(signed);
    this.made += 1;
    const order: OrderHanded = {
      process: this.process,
      scope: COPY.scope,
      copyId: COPY.copyId,
      wave: `w${this.made}`,
      cause: 'move',
      account: COPY.account,
      signer: SIGNER,
      coin: COIN,
      buy: size > 0n,
      price: units(size > 0n ? '100.5' : '99.5'),
      size: size > 0n ? size : -size,
      reduceOnly: false,
      tif: 'ioc',
      cloid: `k${this.made}`,
      nonce: this.made,
      expiresAfter: changed.reduceOnly === true ? 0 : this.now + 1_900,
      decidedAt: this.now,
      journaledAt: this.now + 1,
      sentAt: this.now + 2,
      ...changed,
    };
    this.orders.set(order.cloid, order);
    this.journal(order);
    this.now = Math.max(this.now, order.sentAt);
    this.tell({ kind: 'order_handed', at: this.now, order });
    return order.cloid;
  }

  /** What was sent under a client order id. */
  orderOf(cloid: string): OrderHanded {
    const order = this.orders.get(cloid);
    if (order === undefined) throw new Error(`no order ${cloid}`);
    return order;
  }

  /** The newest trade's id. */
  lastTrade(): string {
    return `t${this.made}`;
  }

  exit(signed: string, changed: Partial<OrderHanded> = {}): string {
    return this.order(signed, { reduceOnly: true, ...changed });
  }

  journal(order: OrderHanded): this {
    const { process, scope, copyId, wave, cloid, signer, nonce, journaledAt } = order;
    return this.tell({ kind: 'order_journaled', at: journaledAt, process, scope, copyId, wave, cloid, signer, nonce, journaledAt });
  }

  /** The venue fills an order, in part or whole, and ends it. */
  fill(cloid: string, size: string, price = '100', told = true): this {
    const order = this.orderOf(cloid);
    this.trade(cloid, order.buy, size, price, told);
    this.end(cloid, 'done');
    return told ? this.answer(cloid, 'filled') : this;
  }

  /** A fill of the account; without an order it is the follower's own trade. */
  trade(cloid: string | null, buy: boolean, size: string, price = '100', told = true, liquidation = false): this {
    this.made += 1;
    const tradeId = `t${this.made}`;
    const quantity = units(size);
    const fee = (quantity * units(price)) / units('1') / 2_000n;
    const signed = buy ? quantity : -quantity;
    // The realised part at the account's average entry is what tests of money set by hand; flat to flat at one price it is zero.
    this.tell({
      kind: 'world_fill',
      at: this.now,
      account: COPY.account,
      tradeId,
      coin: COIN,
      cloid,
      buy,
      size: quantity,
      price: units(price),
      fee,
      closedPnl: 0n,
      liquidation,
    });
    this.position += signed;
    if (cloid !== null) {
      this.fees += fee;
      this.filled.set(cloid, (this.filled.get(cloid) ?? 0n) + quantity);
      this.rows.push({
        scope: COPY.scope,
        copyId: COPY.copyId,
        account: COPY.account,
        tradeId,
        coin: COIN,
        size: quantity,
        price: units(price),
        fee,
      });
    }
    return told ? this.toldOf(tradeId) : this;
  }

  /** An engine is told of a trade. */
  toldOf(tradeId: string): this {
    return this.tell({ kind: 'account_fill_delivered', at: this.now, process: this.process, account: COPY.account, tradeId, coin: COIN });
  }

  end(cloid: string, status: 'done' | 'rejected' | 'resting'): this {
    return this.tell({ kind: 'world_order', at: this.now, account: COPY.account, coin: COIN, cloid, status });
  }

  answer(cloid: string, outcome: AnswerSeen): this {
    return this.tell({ kind: 'answer_delivered', at: this.now, process: this.process, cloid, outcome });
  }

  /** A charge of funding; `toldAfter`: how old it is when the engine reads it, null: never. */
  charge(amount: string, toldAfter: number | null = 5_000): this {
    const time = this.now;
    this.funding += units(amount);
    this.tell({ kind: 'world_funding', at: this.now, account: COPY.account, coin: COIN, time, amount: units(amount) });
    if (toldAfter === null) return this;
    this.wait(toldAfter);
    return this.tell({ kind: 'funding_delivered', at: this.now, process: this.process, account: COPY.account, coin: COIN, time });
  }

  /** The copy follows the leader to a position, as it should, and everything is told. */
  follow(position: string, price = '100'): this {
    const before = this.position;
    this.leader(position, price);
    const wanted = this.leaderAt / 10n;
    const change = wanted - before;
    const text = (Number(change) / 1e8).toString();
    const reduces = (before > 0n && change < 0n) || (before < 0n && change > 0n);
    const bound = (Number(price) * (change > 0n ? 1.004 : 0.996)).toFixed(2);
    const cloid = this.order(text, { reduceOnly: reduces, price: units(bound), expiresAfter: reduces ? 0 : this.now + 1_900 });
    return this.fill(cloid, text.replace('-', ''), price);
  }

  /** How an order stands in the books, where it is not as the venue has it. */
  booked(cloid: string, end: OrderRow['end']): this {
    this.ends.set(cloid, end);
    return this;
  }

  /** Everything as it truly is, with the engine's target at its position. */
  snapshot(instrument: Partial<CopyInstrumentAtCalm> = {}, state: CopyStateSeen = 'active'): CalmSnapshot {
    const here = { coin: COIN, target: this.position, position: this.position, reasons: [], ...instrument };
    return {
      at: this.now,
      copies: [{ copyId: COPY.copyId, state, instruments: [here], booked: { realised: this.realised, fees: this.fees, funding: this.funding } }],
      positions: [
        { address: COPY.account, positions: [{ coin: COIN, size: this.position }] },
        { address: COPY.leader, positions: [{ coin: COIN, size: this.leaderAt }] },
      ],
      marks: [
        { coin: COIN, price: units('100') },
        { coin: 'Y', price: units('100') },
      ],
      orders: [...this.orders.values()].map(({ scope, copyId, cloid }) => {
        const filled = this.filled.get(cloid) ?? 0n;
        return { scope, copyId, cloid, filled, end: this.ends.get(cloid) ?? (filled > 0n ? 'filled' : 'rejected') };
      }),
      fills: [...this.rows],
      transactions: [],
      mentions: [],
    };
  }

  calm(snapshot: CalmSnapshot = this.snapshot()): this {
    this.auditor.calm(snapshot);
    return this;
  }

  /** Kinds of what was found, each once. */
  found(): readonly ViolationKind[] {
    return [...new Set(this.auditor.violations().map(({ kind }) => kind))];
  }
}
