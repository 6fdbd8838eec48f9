import { type Instrument, type Price, type Size, size } from '@lockstep/kernel';
import type { Address, ClientOrderId, SentOrder, VenueFill } from '../port';

/** An order this process sent. The API knows no client order ids, so this memory is what connects ours with the venue's. */
export interface OwnOrder {
  readonly clientOrderId: ClientOrderId;
  readonly address: Address;
  readonly instrument: Instrument;
  readonly buy: boolean;
  readonly price: Price;
  readonly lots: number;
  readonly nonce: number;
  /** Signed position in the coin before it was sent, as far as it was known. */
  readonly positionBefore: Size | null;
  /** The venue's id; null until an answer or a search told it. */
  orderId: string | null;
  /** Lots filled by its answer. */
  filledLots: number;
  averagePrice: Price | null;
  answeredAt: number;
  /** True until its outcome is known: fills that may be its own are not told before. */
  open: boolean;
  /** Its fills once they were read or worked out; null: not yet. */
  fills: readonly VenueFill[] | null;
  /** Its nonce is known to be spent: only then is what fits it taken for its own. */
  nonceSpent: boolean;
  /** Its fills were told: from then on they stay as they are. */
  told: boolean;
}

/** An order of a process before this one, by what was written down of it. */
export function adoptedOrder(address: Address, clientOrderId: ClientOrderId, sent: SentOrder, now: number): OwnOrder {
  const { instrument, buy, price, lots, nonce, positionBefore, answer } = sent;
  return {
    clientOrderId,
    address,
    instrument,
    buy,
    price,
    lots,
    nonce,
    positionBefore,
    orderId: null,
    filledLots: answer?.filledLots ?? 0,
    averagePrice: answer?.averagePrice ?? null,
    answeredAt: answer === undefined ? 0 : now,
    open: true,
    fills: null,
    nonceSpent: false,
    told: false,
  };
}

const heldKey = (address: Address, coin: string): string => `${address} ${coin}`;

/** Orders of this process by client order id and by venue id, and the positions last seen; the oldest are let go beyond the bound. */
export class OwnOrders {
  private readonly byClientId = new Map<ClientOrderId, OwnOrder>();
  private readonly byVenueId = new Map<string, OwnOrder>();
  private readonly positions = new Map<string, Size>();
  private readonly changes = new Map<Address, number>();

  constructor(private readonly kept: number) {}

  add(order: OwnOrder): void {
    this.touch(order.address);
    this.byClientId.set(order.clientOrderId, order);
    const oldest = this.byClientId.size > this.kept ? this.byClientId.values().next().value : undefined;
    if (oldest === undefined) return;
    this.byClientId.delete(oldest.clientOrderId);
    if (oldest.orderId !== null) this.byVenueId.delete(oldest.orderId);
  }

  find(clientOrderId: ClientOrderId): OwnOrder | undefined {
    return this.byClientId.get(clientOrderId);
  }

  byOrderId(orderId: string): OwnOrder | undefined {
    return this.byVenueId.get(orderId);
  }

  /** Connects an order with the venue's id. */
  bind(order: OwnOrder, orderId: string): void {
    order.orderId = orderId;
    order.open = false;
    this.byVenueId.set(orderId, order);
  }

  /** What became of a nonce: `spent` by the order or something else, or `free`, and then what was signed with it can never land. */
  noteNonce(address: Address, nonce: number, found: 'spent' | 'free'): void {
    for (const order of this.byClientId.values()) {
      if (order.address !== address || order.nonce !== nonce) continue;
      if (found === 'spent') order.nonceSpent = true;
      else order.open = false;
    }
  }

  /** Orders of an address that left after a moment and whose outcome is not known. */
  openSince(address: Address, since: number): readonly OwnOrder[] {
    return [...this.byClientId.values()].filter((order) => order.open && order.address === address && order.nonce >= since);
  }

  /** Orders of an address that filled something. */
  filled(address: Address): readonly OwnOrder[] {
    return [...this.byClientId.values()].filter((order) => order.address === address && order.filledLots > 0);
  }

  /** Signed position last seen in a coin, carried on by answers since; null: never seen. */
  held(address: Address, coin: string): Size | null {
    return this.positions.get(heldKey(address, coin)) ?? null;
  }

  /** Carries the position on by what an answer said that an order filled. */
  carry(order: OwnOrder, filled: Size): void {
    const { address, instrument, buy } = order;
    this.touch(address);
    const before = this.held(address, instrument.coin);
    if (before !== null) this.hold(address, instrument.coin, size(buy ? before + filled : before - filled));
  }

  /** A number that changes with each order of an address that leaves or is answered: a reading of its positions across a change may show it or not. */
  changesOf(address: Address): number {
    return this.changes.get(address) ?? 0;
  }

  private touch(address: Address): void {
    this.changes.set(address, this.changesOf(address) + 1);
  }

  hold(address: Address, coin: string, position: Size): void {
    this.positions.set(heldKey(address, coin), position);
  }
}
