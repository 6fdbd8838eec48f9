import { formatPrice, formatSize, fromLots, price } from '@lockstep/kernel';
import type { Json, LeaderOrderTerms, ScenarioStep } from '@lockstep/simulation';
import type { SimWorld } from './sim-world';

type OrderStep = Extract<ScenarioStep, { kind: 'leader_places' | 'leader_changes' | 'leader_cancels' | 'leader_closes' }>;

/** Submits what leaders do with working orders as they would themselves. What the venue refuses is refused: the script cannot know what it fills. */
export class LeaderOrders {
  private nonce = 0;
  /** How often each order was changed: the venue takes a name once. */
  private readonly changes = new Map<number, number>();

  constructor(private readonly world: SimWorld) {}

  play(step: OrderStep, leader: string): void {
    switch (step.kind) {
      case 'leader_places':
        this.submit(leader, { type: 'order', orders: [this.wire(step.coin, step.order, step.terms)], grouping: 'na' });
        return;
      case 'leader_changes': {
        const oid = this.cloidOf(step.order);
        this.changes.set(step.order, (this.changes.get(step.order) ?? 0) + 1);
        this.submit(leader, { type: 'batchModify', modifies: [{ oid, order: this.wire(step.coin, step.order, step.terms) }], a: true });
        return;
      }
      case 'leader_cancels':
        this.cancel(leader, step.coin, step.order);
        return;
      case 'leader_closes': {
        const held = this.world.position(leader, step.coin);
        if (held !== 0) this.world.trade(leader, step.coin, [{ lots: -held, price: this.world.marketPrice(step.coin, held < 0) }]);
      }
    }
  }

  private cancel(leader: string, coin: string, order: number | null): void {
    const asset = this.world.assetId(coin);
    if (order !== null) {
      this.submit(leader, { type: 'cancelByCloid', cancels: [{ asset, cloid: this.cloidOf(order) }] });
      return;
    }
    const open = this.world.openOrders(leader, coin);
    if (open.length > 0) this.submit(leader, { type: 'cancel', cancels: open.map((o) => ({ a: asset, o })) });
  }

  private submit(signer: string, action: Json): void {
    this.nonce = Math.max(this.nonce + 1, Math.floor(this.world.now()));
    this.world.submit({ signer, action, nonce: this.nonce, vaultAddress: null, expiresAfter: null });
  }

  private wire(coin: string, order: number, { lots, price: at, reduceOnly, trigger }: LeaderOrderTerms): { readonly [key: string]: Json } {
    const type: Json =
      trigger === null
        ? { limit: { tif: 'Gtc' } }
        : {
            trigger: { isMarket: trigger.market, triggerPx: formatPrice(price(trigger.price)), tpsl: trigger.purpose === 'stop_loss' ? 'sl' : 'tp' },
          };
    return {
      a: this.world.assetId(coin),
      b: lots > 0,
      p: formatPrice(price(at)),
      s: formatSize(fromLots(this.world.instrument(coin), Math.abs(lots))),
      r: reduceOnly,
      t: type,
      c: this.cloidOf(order),
    };
  }

  /** Names an order of a script at the venue as it stands there now. */
  private cloidOf(order: number): string {
    const number = BigInt(order) * CHANGES_MOST + BigInt(this.changes.get(order) ?? 0);
    return `0x${number.toString(16).padStart(CLOID_DIGITS, '0')}`;
  }
}

const CLOID_DIGITS = 32;
const CHANGES_MOST = 1_000n;
