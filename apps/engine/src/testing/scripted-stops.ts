import { ok, type Price, present, type Size, size } from '@lockstep/kernel';
import type {
  ActionOutcome,
  ClientOrderId,
  OrderStanding,
  VenueFill,
  WorkingChange,
  WorkingOrder,
  WorkingOrders,
  WorkingOutcome,
} from '@lockstep/venues/port';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { notPlayed, type ScriptedVenue } from './scripted-venue';

/**
 * How an action ends: answered; carried out, lost, or carried out later (`landLate`) without an answer; refused; delivered twice, and the answer is that to the
 * second time.
 */
export type ActionEnd = 'answered' | 'landed_unanswered' | 'lost' | 'late' | 'refused' | 'twice';

const DUPLICATE = { kind: 'rejected', code: 'nonce_duplicate', text: 'Invalid nonce: duplicate nonce' } as const;

interface ScriptedOrder {
  readonly order: WorkingOrder;
  remaining: Size;
  status: string;
}

/** Stops at a scripted venue: what was asked of it in words, and what stands there. */
export class ScriptedStops implements WorkingOrders {
  readonly asked: string[] = [];
  readonly orders = new Map<ClientOrderId, ScriptedOrder>();
  /** How the next actions end, in order; after them all are answered. */
  readonly ends: ActionEnd[] = [];
  /** Called when an action arrived, before anything of it is done. */
  onArrival: () => Promise<void> = async () => undefined;
  private readonly nonces = new Set<number>();
  private readonly late: { readonly nonce: number; readonly carryOut: () => void }[] = [];

  constructor(private readonly venue: ScriptedVenue) {
    Object.assign(venue, { workingOrders: this });
    Object.assign(venue.truth, { orderStatus: async (_address: string, id: ClientOrderId) => ok(this.standing(id)) });
    Object.assign(venue.orders, { noop: async (_signer: number, nonce: number) => this.noop(nonce) });
  }

  /** What was on its way arrives, but for actions whose nonce is spent. */
  landLate(): void {
    for (const { nonce, carryOut } of this.late.splice(0)) {
      if (this.nonces.has(nonce)) continue;
      this.nonces.add(nonce);
      carryOut();
    }
  }

  get standingNow(): readonly string[] {
    return [...this.orders.values()].filter(({ status }) => status === 'open').map(({ order }) => inWords(order));
  }

  async place(_signer: number, nonce: number, orders: readonly WorkingOrder[]): Promise<readonly WorkingOutcome[]> {
    return this.act(`place ${orders.map(inWords).join(', ')}`, nonce, orders, () => {
      for (const order of orders) this.orders.set(order.clientOrderId, { order, remaining: order.size, status: 'open' });
    });
  }

  async modify(_signer: number, nonce: number, changes: readonly WorkingChange[]): Promise<readonly WorkingOutcome[]> {
    const orders = changes.map(({ order }) => order);
    return this.act(`change to ${orders.map(inWords).join(', ')}`, nonce, orders, () => {
      for (const { target, order } of changes) {
        const changed = present(this.orders.get(target), 'the order to change');
        if (changed.status !== 'open') continue;
        changed.status = 'canceled';
        this.orders.set(order.clientOrderId, { order, remaining: order.size, status: 'open' });
      }
    });
  }

  async cancelAll(_signer: number, nonce: number, targets: readonly { readonly clientOrderId: ClientOrderId }[]): Promise<readonly ActionOutcome[]> {
    const found = targets.map(({ clientOrderId }) => present(this.orders.get(clientOrderId), 'the order to cancel'));
    const end = await this.arrive(`cancel ${found.map(({ order }) => inWords(order)).join(', ')}`);
    if (end === 'refused') return targets.map(() => ({ kind: 'rejected', code: 'other', text: 'no' }));
    const carryOut = (): void => {
      for (const order of found) if (order.status === 'open') order.status = 'canceled';
    };
    this.carry(end, nonce, carryOut);
    if (end === 'twice') return targets.map(() => DUPLICATE);
    return targets.map((): ActionOutcome => (end === 'answered' ? { kind: 'accepted', response: null } : { kind: 'unknown', detail: 'no answer' }));
  }

  scheduleCancel = notPlayed;
  changeIsolatedMargin = notPlayed;

  /** The mark met the trigger of what stands: it is filled, and the account's fills tell it. */
  trigger(at: Price, lots?: Size): VenueFill {
    const [id, one] = present(
      [...this.orders].find(([, { status }]) => status === 'open'),
      'a stop that stands',
    );
    const filled = lots ?? one.remaining;
    one.remaining = size(one.remaining - filled);
    one.status = one.remaining === 0n ? 'filled' : 'canceled';
    const { buy, instrument } = one.order;
    const fill = sampleFill({
      coin: instrument.coin,
      side: buy ? 'buy' : 'sell',
      size: filled,
      price: at,
      time: 5_000,
      clientOrderId: id,
      orderId: '9',
    });
    this.venue.fills = [...this.venue.fills, fill];
    return fill;
  }

  /** One of what stands fills in part at its limit, and goes on standing with the rest. Null: nothing stands. */
  fillPart(which: number, lots: Size, time: number): VenueFill | null {
    const open = [...this.orders].filter(([, { status }]) => status === 'open');
    const [id, one] = open[which % Math.max(1, open.length)] ?? [];
    if (id === undefined || one === undefined) return null;
    const filled = lots < one.remaining ? lots : one.remaining;
    one.remaining = size(one.remaining - filled);
    if (one.remaining === 0n) one.status = 'filled';
    const { buy, instrument, price } = one.order;
    const named = { time, tradeId: String(time), clientOrderId: id, orderId: '9' };
    const fill = sampleFill({ coin: instrument.coin, side: buy ? 'buy' : 'sell', size: filled, price, ...named });
    this.venue.fills = [...this.venue.fills, fill];
    return fill;
  }

  /** Lots of what stands that are not filled. */
  get remainingNow(): Size {
    return size([...this.orders.values()].reduce((sum, { status, remaining }) => (status === 'open' ? sum + remaining : sum), 0n));
  }

  private standing(id: ClientOrderId): OrderStanding {
    const one = this.orders.get(id);
    if (one === undefined) return { kind: 'unknown_order' };
    const { remaining, status, order } = one;
    const about = { orderId: '9', remaining, original: order.size };
    return status === 'open' ? { kind: 'open', ...about } : { kind: 'closed', ...about, status, statusTime: 1 };
  }

  private noop(nonce: number): ActionOutcome {
    if (this.nonces.has(nonce)) return DUPLICATE;
    this.nonces.add(nonce);
    return { kind: 'accepted', response: null };
  }

  private async arrive(words: string): Promise<ActionEnd> {
    await this.onArrival();
    this.asked.push(words);
    return this.ends.shift() ?? 'answered';
  }

  private carry(end: ActionEnd, nonce: number, carryOut: () => void): void {
    if (end === 'late') this.late.push({ nonce, carryOut });
    if (end !== 'answered' && end !== 'landed_unanswered' && end !== 'twice') return;
    this.nonces.add(nonce);
    carryOut();
  }

  private async act(words: string, nonce: number, orders: readonly WorkingOrder[], carryOut: () => void): Promise<readonly WorkingOutcome[]> {
    const end = await this.arrive(words);
    if (end === 'refused') return orders.map(() => ({ kind: 'rejected', code: 'bad_trigger', text: 'Invalid TP/SL price.' }));
    this.carry(end, nonce, carryOut);
    if (end === 'twice') return orders.map(() => DUPLICATE);
    if (end !== 'answered') return orders.map(() => ({ kind: 'unknown', detail: 'no answer' }));
    return orders.map(() => ({ kind: 'resting', orderId: null, waitsFor: 'trigger' }));
  }
}

/** "sell 2 at 75": the trigger, or the limit of an order without one. */
function inWords({ buy, size: quantity, price, terms }: WorkingOrder): string {
  const at = terms.kind === 'trigger' ? terms.trigger.price : price;
  return `${buy ? 'buy' : 'sell'} ${Number(quantity) / 1e8} at ${Number(at) / 1e8}`;
}
