import { createAuditor } from '../auditor';
import type { CalmSnapshot, CopyAtCalm, FillRow, OrderRow } from '../calm';
import type { CrossMade, Observation, OrderHanded } from '../observations';
import type { SettingsSeen } from '../terms';
import type { ViolationKind } from '../violation';
import { COIN, SETTINGS, T0, units } from './history';

export type Who = 'a' | 'b';
const ACCOUNT = '0xf1';
const copyOf = (who: Who) => ({
  scope: 'brand-a',
  copyId: who,
  account: ACCOUNT,
  leaderId: `l${who}`,
  leader: `0x${who}${who}`,
  createdAt: T0,
  dayBeginsMs: 0,
});

/** Two copies, of leaders each of their own, on one venue account. As in `History`, what is not named is as it should be; everything is told at once. */
export class SharingHistory {
  now = T0;
  readonly auditor = createAuditor();
  private made = 0;
  /** Moment of the last charge. */
  chargedAt = 0;
  private readonly leaders = { a: 0n, b: 0n };
  private readonly held = { a: 0n, b: 0n };
  private readonly booked = { a: { realised: 0n, fees: 0n, funding: 0n }, b: { realised: 0n, fees: 0n, funding: 0n } };
  private readonly orders: OrderHanded[] = [];
  private readonly rows: FillRow[] = [];
  private readonly refused = new Set<string>();

  constructor(settings: Partial<SettingsSeen> = {}) {
    this.tell({ kind: 'instrument', at: T0, coin: COIN, szDecimals: 2, maxLeverage: 50, minNotional: units('10'), collateral: 'USDC' });
    this.tell({ kind: 'process_started', at: T0, process: 'p1' });
    for (const who of ['a', 'b'] as const) {
      const { leader } = copyOf(who);
      this.tell({ kind: 'leader_state_delivered', at: T0, process: 'p1', leader, equity: units('100000'), time: T0, positions: [] });
      this.tell({ kind: 'copy_terms', at: T0, copy: copyOf(who), settings: { ...SETTINGS, ...settings }, allocation: units('10000') });
      this.tell({ kind: 'copy_state', at: T0, copyId: who, state: 'active' });
    }
    this.wait(60_000);
    this.quote('99.9', '100.1');
  }

  tell(observation: Observation): this {
    this.auditor.observe(observation);
    return this;
  }

  wait(ms: number): this {
    this.now += ms;
    return this.tell({ kind: 'mark_delivered', at: this.now, process: 'p1', coin: COIN, price: units('100') });
  }

  quote(bid: string, ask: string): this {
    return this.tell({ kind: 'quote_delivered', at: this.now, process: 'p1', coin: COIN, bid: units(bid), ask: units(ask) });
  }

  leader(who: Who, position: string): this {
    const next = units(position);
    const change = next - this.leaders[who];
    this.made += 1;
    const fill = { tradeId: `L${this.made}`, coin: COIN, buy: change > 0n, size: change > 0n ? change : -change, price: units('100') };
    this.tell({
      kind: 'leader_fills_delivered',
      at: this.now,
      process: 'p1',
      leader: copyOf(who).leader,
      fills: [{ ...fill, orderId: `o${this.made}`, startPosition: this.leaders[who], time: this.now - 50 }],
    });
    this.leaders[who] = next;
    return this;
  }

  /** An order of a copy; `exit` and `reduceOnly` are as said. */
  order(who: Who, signed: string, exit: boolean, reduceOnly: boolean, wave = `w${this.made}`, price?: string): string {
    const size = units(signed);
    this.made += 1;
    const buy = size > 0n;
    const order: OrderHanded = {
      process: 'p1',
      scope: 'brand-a',
      copyId: who,
      wave,
      cause: 'move',
      account: ACCOUNT,
      signer: 'agent-1',
      coin: COIN,
      buy,
      price: units(price ?? (buy ? '100.4' : '99.6')),
      size: buy ? size : -size,
      reduceOnly,
      exit,
      tif: 'ioc',
      cloid: `k${this.made}`,
      nonce: this.made,
      expiresAfter: exit ? 0 : this.now + 1_900,
      decidedAt: this.now,
      journaledAt: this.now + 1,
      sentAt: this.now + 2,
    };
    const { process, scope, copyId, cloid, signer, nonce, journaledAt } = order;
    this.tell({ kind: 'order_journaled', at: journaledAt, process, scope, copyId, wave, cloid, signer, nonce, journaledAt });
    this.orders.push(order);
    this.tell({ kind: 'order_handed', at: order.sentAt, order });
    return cloid;
  }

  /** A mirror that enters stands at the venue for a copy, far from the market. */
  mirror(who: Who, signed: string): this {
    const size = units(signed);
    this.made += 1;
    const buy = size > 0n;
    const named = { process: 'p1', scope: 'brand-a', copyId: who, cloid: `k${this.made}`, signer: 'agent-1', nonce: this.made };
    const terms = { account: ACCOUNT, coin: COIN, buy, size: buy ? size : -size, price: units(buy ? '90' : '110'), trigger: null, reduceOnly: false };
    this.tell({ kind: 'mirror_written', at: this.now, ...named, writtenAt: this.now, leaderOrder: 'x', replaces: null });
    this.tell({ kind: 'mirror_handed', at: this.now, mirror: { ...named, ...terms } });
    this.tell({ kind: 'world_order', at: this.now, account: ACCOUNT, coin: COIN, cloid: named.cloid, status: 'resting' });
    return this.tell({ kind: 'answer_delivered', at: this.now, process: 'p1', cloid: named.cloid, outcome: 'resting' });
  }

  /** The venue fills an order whole at 100; `then` happens right after. */
  fill(cloid: string, then: () => void = () => undefined): this {
    const order = this.orders.find((each) => each.cloid === cloid);
    if (order === undefined) throw new Error(`no order ${cloid}`);
    const { copyId, buy, size } = order;
    this.now += 5;
    this.made += 1;
    const tradeId = `t${this.made}`;
    const fill = { account: ACCOUNT, tradeId, coin: COIN, size, price: units('100'), fee: units('0.01') };
    this.tell({ kind: 'world_fill', at: this.now, ...fill, cloid, buy, closedPnl: 0n, liquidation: false });
    this.tell({ kind: 'world_order', at: this.now, account: ACCOUNT, coin: COIN, cloid, status: 'done' });
    this.tell({ kind: 'answer_delivered', at: this.now, process: 'p1', cloid, outcome: 'filled' });
    this.tell({ kind: 'account_fill_delivered', at: this.now, process: 'p1', account: ACCOUNT, tradeId, coin: COIN });
    const who = copyId as Who;
    this.held[who] += buy ? size : -size;
    this.booked[who].fees += fill.fee;
    this.rows.push({ scope: 'brand-a', copyId, ...fill });
    then();
    return this.wait(15_000).quote('99.9', '100.1');
  }

  /** The venue refuses an order and says why. */
  refuse(cloid: string, reason: string): this {
    this.refused.add(cloid);
    this.tell({ kind: 'world_order', at: this.now, account: ACCOUNT, coin: COIN, cloid, status: 'rejected', reason });
    return this.tell({ kind: 'answer_delivered', at: this.now, process: 'p1', cloid, outcome: 'rejected' });
  }

  /** A copy follows its leader from flat, alone on the account or beside the other. */
  opens(who: Who, position: string, reduceOnly = false): this {
    this.leader(who, position);
    return this.fill(this.order(who, (Number(position) / 10).toString(), false, reduceOnly));
  }

  /** The account is charged funding for this moment, told a little later. */
  charge(amount: string): this {
    const time = this.now;
    this.now += 300;
    this.chargedAt = time;
    return this.tell({ kind: 'world_funding', at: this.now, account: ACCOUNT, coin: COIN, time, amount: units(amount) });
  }

  /** `size` goes from the seller to the buyer inside the account. */
  cross(buyer: Who, size: string, price = '100', changed: Partial<CrossMade> = {}): this {
    this.made += 1;
    const seller = buyer === 'a' ? 'b' : 'a';
    const made = { process: 'p1', scope: 'brand-a', no: `${this.made}`, coin: COIN, buyerId: buyer, sellerId: seller, decidedAt: this.now };
    this.tell({ kind: 'crossed', at: this.now, cross: { ...made, size: units(size), price: units(price), ...changed } });
    const row = { scope: 'brand-a', account: ACCOUNT, tradeId: made.no, coin: COIN, size: units(size), price: units(price), fee: 0n };
    this.rows.push({ ...row, copyId: buyer, internal: 'buy' }, { ...row, copyId: seller, internal: 'sell' });
    this.held[buyer] += units(size);
    this.held[seller] -= units(size);
    return this;
  }

  snapshot(change: (copy: CopyAtCalm) => CopyAtCalm = (copy) => copy, rows: readonly FillRow[] = this.rows): CalmSnapshot {
    const at = (who: Who): CopyAtCalm => {
      const instrument = { coin: COIN, target: this.held[who], position: this.held[who], reasons: [] };
      return change({ copyId: who, state: 'active', instruments: [instrument], booked: this.booked[who] });
    };
    const orders = this.orders.map(({ scope, copyId, cloid }): OrderRow => {
      if (this.refused.has(cloid)) return { scope, copyId, cloid, end: 'rejected', filled: 0n };
      const filled = this.rows.some((row) => row.copyId === copyId && row.internal === undefined);
      return { scope, copyId, cloid, end: filled ? 'filled' : 'rejected', filled: this.orders.find((order) => order.cloid === cloid)?.size ?? 0n };
    });
    return {
      at: this.now,
      copies: [at('a'), at('b')],
      positions: [
        { address: ACCOUNT, positions: [{ coin: COIN, size: this.held.a + this.held.b }] },
        { address: '0xaa', positions: [{ coin: COIN, size: this.leaders.a }] },
        { address: '0xbb', positions: [{ coin: COIN, size: this.leaders.b }] },
      ],
      marks: [{ coin: COIN, price: units('100') }],
      orders,
      fills: rows,
      transactions: [],
      mentions: [],
    };
  }

  fills(): readonly FillRow[] {
    return this.rows;
  }

  calm(snapshot: CalmSnapshot = this.snapshot()): this {
    this.auditor.calm(snapshot);
    return this;
  }

  found(): readonly ViolationKind[] {
    return [...new Set(this.auditor.violations().map(({ kind }) => kind))];
  }
}
