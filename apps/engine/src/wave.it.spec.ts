import { type CopyId, rate, RATE_ONE } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig, type TestTenant } from './testing/rig';

const LEADER = `0x${'a1'.repeat(20)}`;
const FOLLOWERS = [`0x${'b1'.repeat(20)}`, `0x${'b2'.repeat(20)}`] as const;
const COIN = 'ETH';

/** Position of an address at the venue in base units; 0 when flat. */
async function venuePosition(rig: Rig, address: string): Promise<number> {
  const state = await rig.venue.info({ type: 'clearinghouseState', user: address });
  const text = JSON.stringify(state);
  const found = new RegExp(`"coin":"${COIN}"[^}]*?"szi":"(-?[0-9.]+)"`).exec(text);
  return found === null ? 0 : Number(found[1]);
}

describe('one leader, two brands, two followers, through every room', () => {
  let rig: Rig;
  let engine: TestProcess;
  const tenants: TestTenant[] = [];
  const copies: CopyId[] = [];
  let price = '0';

  beforeAll(async () => {
    rig = await startRig();
    const mids = await rig.venue.info({ type: 'allMids' });
    price = String(Reflect.get(Object(mids), COIN));
    await rig.venue.control('/worlds/main/credit', { address: LEADER, amount: '100000' });
    for (const name of ['north', 'south']) tenants.push(await rig.tenant(name));
    engine = await rig.startEngine();
    for (const [index, tenant] of tenants.entries()) {
      const leader = await tenant.leader(LEADER);
      const follower = await tenant.follower(FOLLOWERS[index] ?? '', '10000');
      copies.push(await tenant.copy(leader, follower, { allocation: 5_000n, settings: { mode: { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } } }));
    }
    for (const [index, tenant] of tenants.entries()) {
      await eventually('the copy is active', async () => {
        const copy = await rig.storage.scoped(tenant.scope, (unit) => unit.copies.findOne({ id: copies[index] ?? ('' as CopyId) }));
        return copy?.state === 'active' ? copy : null;
      });
    }
  });

  afterAll(async () => {
    if (process.env.ENGINE_TEST_LOG === '1') for (const line of engine?.lines ?? []) console.log(JSON.stringify(line));
    await rig?.close();
  });

  /** Lets the leader trade at the price of the moment and waits until both followers hold `expected`. */
  async function trade(side: 'buy' | 'sell', size: string, expected: number): Promise<void> {
    await rig.venue.control('/worlds/main/trades', { trades: [{ address: LEADER, coin: COIN, side, price, size }] });
    for (const address of FOLLOWERS) {
      await eventually(`${address} holds ${expected}`, async () => (Math.abs((await venuePosition(rig, address)) - expected) < 1e-9 ? true : null), 30_000);
    }
  }

  it('an open is followed by everyone', async () => {
    await trade('buy', '2', 0.2);
  });

  it('an add, a reduction and a flip are followed; the close leaves everyone flat', async () => {
    await trade('buy', '1', 0.3);
    await trade('sell', '2', 0.1);
    await trade('sell', '3', -0.2);
    await trade('buy', '2', 0);
  });

  it('orders, fills, balanced entries and events stand in each brand, and the journal is closed', async () => {
    for (const [index, tenant] of tenants.entries()) {
      await eventually('everything is booked', async () => {
        const open = await rig.storage.scoped(tenant.scope, (unit) => unit.journal.unfinished(0, 100));
        return open.length === 0 ? true : null;
      });
      const facts = await rig.storage.scoped(tenant.scope, async (unit) => ({
        orders: (await unit.orders.page({ limit: 100, after: null, order: 'oldest_first' })).rows,
        fills: await unit.fills.count(copies[index] ?? ('' as CopyId)),
        positions: await unit.positions.ofCopies(),
        broken: await unit.ledger.firstBrokenLink(),
        ledger: await unit.ledger.after(0n, 1_000),
        head: await unit.events.head(),
      }));
      expect(facts.orders.length).toBeGreaterThanOrEqual(6);
      expect(facts.orders.every((order) => order.status === 'filled')).toBe(true);
      expect(facts.fills).toBeGreaterThanOrEqual(6n);
      expect(facts.positions.map((position) => [position.coin, position.position])).toEqual([[COIN, 0n]]);
      expect(facts.broken).toBeNull();
      expect(facts.ledger.length).toBe(Number(facts.fills) + 1);
      expect(facts.head?.seq).toBeGreaterThan(12n);
    }
  });
});
