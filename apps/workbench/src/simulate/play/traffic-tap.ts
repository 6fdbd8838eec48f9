import { isMirrorLeg, unpackClientOrderId } from '@lockstep/replication';
import type { HandedOrder, HandedStop, LeaderFill, LeaderOrderSeen, Observation, Traffic } from '@lockstep/simulation';
import { scopeKey } from '@lockstep/tenancy';
import type { AccountState, OpenOrder, VenueFill, WatchEvent } from '@lockstep/venues/port';
import type { Cast } from './cast';
import type { JournalTap } from './journal-tap';

/** What one engine process is told and hands over, as the auditor wants to hear it. */
export class TrafficTap implements Traffic {
  private readonly equities = new Map<string, Map<string, bigint>>();
  private readonly toldFills = new Set<string>();

  constructor(
    private readonly process: string,
    private readonly exact: () => number,
    private readonly cast: Cast,
    private readonly journal: JournalTap,
    private readonly copyIdOf: (copyNo: number) => string,
    private readonly leaders: readonly string[],
    private readonly coinsOf: (dex: string) => readonly string[],
    private readonly observe: (observation: Observation) => void,
  ) {}

  handed(order: HandedOrder): void {
    const at = this.exact();
    const journaled = this.journal.order(order.clientOrderId);
    const follower = this.cast.followerOfAgent(order.signer);
    const { coin, buy, price, size, reduceOnly, tif, nonce, expiresAfter } = order;
    const own = { coin, buy, price, size, reduceOnly, tif, nonce, expiresAfter, cloid: order.clientOrderId, signer: order.signer };
    this.observe({
      kind: 'order_handed',
      at,
      order: {
        ...own,
        process: this.process,
        scope: journaled?.scope ?? '',
        copyId: journaled === undefined ? '' : this.copyIdOf(journaled.copyNo),
        wave: journaled?.wave ?? '',
        cause: journaled?.cause ?? 'repair',
        ...(journaled === undefined ? {} : { exit: journaled.exit }),
        account: follower?.address ?? order.signer,
        decidedAt: journaled?.decidedAt ?? at,
        journaledAt: journaled?.journaledAt ?? at,
        sentAt: at,
      },
    });
  }

  stops(stops: readonly HandedStop[]): void {
    const at = this.exact();
    for (const { clientOrderId: cloid, signer, replaces: _, ...stop } of stops) {
      const named = unpackClientOrderId(cloid);
      const follower = this.cast.followerOfAgent(signer);
      const copy = named === null ? undefined : this.cast.copyOfNo(named.copyNo);
      const own = {
        process: this.process,
        scope: copy === undefined ? '' : scopeKey(copy.scope),
        copyId: copy?.id ?? '',
        account: follower?.address ?? signer,
      };
      const handed = { ...stop, ...own, cloid, signer };
      if (named !== null && isMirrorLeg(named.leg)) this.observe({ kind: 'mirror_handed', at, mirror: handed });
      else this.observe({ kind: 'stop_handed', at, stop: handed });
    }
  }

  /** Of mirrors: the fate of a protective stop is told by what it leaves. */
  stopAnswered(cloid: string, outcome: 'filled' | 'resting' | 'rejected' | 'unknown'): void {
    const named = unpackClientOrderId(cloid);
    if (named !== null && isMirrorLeg(named.leg)) this.answered(cloid, outcome);
  }

  answered(cloid: string, outcome: 'filled' | 'resting' | 'rejected' | 'unknown'): void {
    this.observe({ kind: 'answer_delivered', at: this.exact(), process: this.process, cloid, outcome });
  }

  marks(updates: Parameters<Traffic['marks']>[0]): void {
    const at = this.exact();
    for (const { coin, markPrice } of updates) this.observe({ kind: 'mark_delivered', at, process: this.process, coin, price: markPrice });
  }

  quotes(updates: Parameters<Traffic['quotes']>[0]): void {
    const at = this.exact();
    for (const { coin, bid, ask } of updates)
      if (bid !== null && ask !== null) this.observe({ kind: 'quote_delivered', at, process: this.process, coin, bid, ask });
  }

  user(event: WatchEvent): void {
    const at = this.exact();
    const { process } = this;
    switch (event.kind) {
      case 'disconnected':
        this.observe({ kind: 'disconnected', at, process, addresses: event.unseen ?? this.leaders });
        return;
      case 'fills':
        this.leaderFills(event.address, event.fills);
        return;
      case 'state':
        this.leaderState(event.state.address, [event.state]);
        return;
      case 'open_orders': {
        const orders = event.orders.map(leaderOrder);
        this.observe({ kind: 'leader_orders_delivered', at, process, leader: event.address, coins: this.coinsOf(event.dex), orders });
        return;
      }
      case 'synced':
        // The engine takes equities of the state first, and plans its fills on them.
        this.observe({ ...this.stateOf(event.address, event.states), positions: null });
        this.leaderFills(event.address, event.fills, true);
        this.leaderState(event.address, event.states);
        this.observe({ kind: 'synced', at, process, address: event.address });
        return;
      default:
        return;
    }
  }

  account(state: AccountState): void {
    const follower = this.cast.followerOfAddress(state.address);
    if (follower === undefined) return;
    const equity = this.equityOf(state.address, [state]);
    const clearing = { dex: state.dex, value: state.accountValue };
    this.observe({ kind: 'account_state_delivered', at: this.exact(), process: this.process, account: state.address, equity, clearing });
  }

  fills(address: string, fills: readonly VenueFill[]): void {
    const at = this.exact();
    for (const { coin, tradeId, time } of fills) {
      const key = `${address}/${coin}/${time}/${tradeId}`;
      if (this.toldFills.has(key)) continue;
      this.toldFills.add(key);
      this.observe({ kind: 'account_fill_delivered', at, process: this.process, account: address, tradeId, coin });
    }
  }

  funding(address: string, charges: Parameters<Traffic['funding']>[1]): void {
    const at = this.exact();
    for (const { coin, time } of charges) this.observe({ kind: 'funding_delivered', at, process: this.process, account: address, coin, time });
  }

  private leaderFills(leader: string, fills: readonly VenueFill[], isRead = false): void {
    if (fills.length === 0) return;
    const told = { kind: 'leader_fills_delivered', at: this.exact(), process: this.process, leader, fills: fills.map(leaderFill) } as const;
    this.observe(isRead ? { ...told, read: true } : told);
  }

  private leaderState(leader: string, states: readonly AccountState[]): void {
    this.observe(this.stateOf(leader, states));
  }

  private stateOf(leader: string, states: readonly AccountState[]): Extract<Observation, { kind: 'leader_state_delivered' }> {
    const held = new Map(states.flatMap(({ positions }) => positions.map(({ coin, size }) => [coin, size] as const)));
    // A coin of a dex that was read and is not among its positions is flat.
    const positions = states.flatMap(({ dex }) => this.coinsOf(dex).map((coin) => ({ coin, size: held.get(coin) ?? 0n })));
    const time = Math.min(...states.map((state) => state.time));
    return {
      kind: 'leader_state_delivered',
      at: this.exact(),
      process: this.process,
      leader,
      equity: this.equityOf(leader, states),
      time,
      positions,
    };
  }

  /** Over all clearinghouses as read last; null until each was read. */
  private equityOf(address: string, states: readonly AccountState[]): bigint {
    const known = this.equities.get(address) ?? new Map<string, bigint>();
    this.equities.set(address, known);
    for (const { dex, accountValue } of states) known.set(dex, accountValue);
    return [...known.values()].reduce((sum, value) => sum + value, 0n);
  }
}

const leaderOrder = ({ orderId, coin, side, reduceOnly, limitPrice, trigger, original, remaining }: OpenOrder): LeaderOrderSeen => ({
  orderId,
  coin,
  buy: side === 'buy',
  reduceOnly,
  price: limitPrice,
  trigger: trigger?.price ?? null,
  ofPosition: trigger?.ofPosition === true,
  original,
  remaining,
});

const leaderFill = (fill: VenueFill): LeaderFill => ({
  tradeId: fill.tradeId,
  coin: fill.coin,
  buy: fill.side === 'buy',
  size: fill.size,
  price: fill.price,
  startPosition: fill.startPosition,
  orderId: fill.twapId ?? fill.orderId,
  time: fill.time,
});
