import { RATE_ONE, rate } from '@lockstep/kernel';
import { defaultCopySettings } from '@lockstep/roster';
import { standingOrders } from '@lockstep/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AccountStage, accountStage, type FollowedAccount } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';
import { type VenueWallet, venueWallet, walletAddress } from './testing/venue-wallet';

const [LEADER_KEY, FOLLOWER_KEY] = [7_101, 7_102];
const LEADER = walletAddress(LEADER_KEY);
const FOLLOWER = walletAddress(FOLLOWER_KEY);
const COIN = 'ETH';
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;

const openOrders = z.array(
  z.object({
    oid: z.number(),
    side: z.string(),
    limitPx: z.string(),
    sz: z.string(),
    reduceOnly: z.boolean(),
    isTrigger: z.boolean(),
    triggerPx: z.string(),
    orderType: z.string(),
  }),
);

/** An order in words: `buy 1 at 1900`, `sell 2 at 1500 stop 1600 only reduces`. */
const inWords = (order: z.output<typeof openOrders>[number]): string =>
  [
    `${order.side === 'B' ? 'buy' : 'sell'} ${Number(order.sz)} at ${Number(order.limitPx)}`,
    ...(order.isTrigger ? [`${order.orderType.startsWith('Take') ? 'profit' : 'stop'} ${Number(order.triggerPx)}`] : []),
    ...(order.reduceOnly ? ['only reduces'] : []),
  ].join(' ');

describe('a copy of a tenth that mirrors its leader’s orders', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let account: FollowedAccount;
  let leader: VenueWallet;
  let follower: VenueWallet;
  let asset: number;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    stage = await accountStage(rig, LEADER);
    leader = venueWallet(rig.venue.url, LEADER_KEY);
    follower = venueWallet(rig.venue.url, FOLLOWER_KEY);
    const meta = z.object({ universe: z.array(z.object({ name: z.string() })) }).parse(await rig.venue.info({ type: 'meta' }));
    asset = meta.universe.findIndex(({ name }) => name === COIN);
    const leaderId = await stage.tenant.leader(LEADER);
    const opened = await stage.tenant.follower(FOLLOWER, '20000');
    const breaker = { ...defaultCopySettings().breaker, protectiveStop: false };
    const settings = { mode: RATIO, policy: 'orders' as const, breaker, maxAgeMs: 10_000, catchUpMs: 30_000 };
    const copyId = await stage.tenant.copy(leaderId, opened, { allocation: 5_000n, settings });
    account = { address: FOLLOWER, accountId: opened.accountId, copyId };
    await eventually('the copy is active', async () => {
      const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: copyId }));
      return copy?.state === 'active' ? true : null;
    });
    await price(2_000);
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  const price = async (value: number): Promise<void> => {
    await rig.venue.control('/worlds/main/prices', { prices: [{ coin: COIN, price: String(value) }] });
    await eventually(`the price is ${value}`, async () => (Math.abs((await stage.mid(COIN)) - value) < 3 ? true : null));
  };
  const openOf = async (user: string) => openOrders.parse(await rig.venue.info({ type: 'frontendOpenOrders', user }));
  const standing = async (): Promise<string> => (await openOf(FOLLOWER)).map(inWords).sort().join(', ');
  /** What stands for the follower in the end; and it stands in our rows as well. */
  const stands = (...expected: readonly string[]) => {
    let last = '';
    return eventually(`there stands: ${expected.join(', ') || 'nothing'}`, async () => {
      last = await standing();
      const rows = await rig.storage.scoped(stage.tenant.scope, standingOrders);
      const settled = rows.length === expected.length && rows.every(({ status }) => status === 'standing');
      return last === [...expected].sort().join(', ') && settled ? true : null;
    }).catch((failure: unknown) => {
      throw new Error(`${String(failure)}; last: ${last}`);
    });
  };
  const holds = (expected: number) =>
    eventually(`it holds ${expected}`, async () => (Math.abs((await stage.held(FOLLOWER, COIN)) - expected) < 1e-9 ? true : null));

  type Order = Parameters<VenueWallet['exchange']['order']>[0]['orders'][number];
  const limit = (buy: boolean, size: string, at: string, reduceOnly = false): Order => ({
    a: asset,
    b: buy,
    p: at,
    s: size,
    r: reduceOnly,
    t: { limit: { tif: 'Gtc' } },
  });
  const trigger = (buy: boolean, size: string, at: string, worst: string, tpsl: 'tp' | 'sl'): Order => ({
    a: asset,
    b: buy,
    p: worst,
    s: size,
    r: true,
    t: { trigger: { isMarket: true, triggerPx: at, tpsl } },
  });
  const place = async (...orders: Order[]): Promise<void> => {
    await leader.exchange.order({ orders, grouping: 'na' });
  };
  const ordersOfLeader = () => openOf(LEADER);
  const cancelAll = async (): Promise<void> => {
    const cancels = (await ordersOfLeader()).map(({ oid }) => ({ a: asset, o: oid }));
    if (cancels.length > 0) await leader.exchange.cancel({ cancels });
  };
  /** Fills of the copy so far: a second order would show as one more. */
  const bought = async (): Promise<number> => {
    const { rows } = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.fills.page({ limit: 200, after: null, order: 'newest_first' }));
    return rows.filter(({ side }) => side === 'buy').reduce((sum, fill) => sum + Number(fill.size) / 1e8, 0);
  };

  it('rests at the leader’s price at proportional size, follows his change, and goes with his cancel', async () => {
    await place(limit(true, '10', '1900'));
    await stands('buy 1 at 1900');
    await stage.told(1, 'order.resting', account.copyId);
    const [order] = await ordersOfLeader();
    await leader.exchange.modify({ oid: order?.oid ?? 0, order: limit(true, '20', '1850') });
    await stands('buy 2 at 1850');
    await cancelAll();
    await stands();
    expect(await stage.held(FOLLOWER, COIN)).toBe(0);
  });

  it('stands again as it was after an engine that died, and one that was cancelled meanwhile is gone', async () => {
    await place(limit(true, '10', '1900'), limit(true, '10', '1800'));
    await stands('buy 1 at 1800', 'buy 1 at 1900');
    await engine.kill();
    const before = (await openOf(FOLLOWER)).map(({ oid }) => oid).sort();
    engine = await rig.startEngine();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await stands('buy 1 at 1800', 'buy 1 at 1900');
    expect((await openOf(FOLLOWER)).map(({ oid }) => oid).sort()).toEqual(before);
    await engine.kill();
    await cancelAll();
    await place(limit(true, '10', '1900'));
    engine = await rig.startEngine();
    await stands('buy 1 at 1900');
  });

  it('fills with the leader’s order, which is not bought a second time', async () => {
    await price(1_890);
    await holds(1);
    expect(await stage.held(LEADER, COIN)).toBe(10);
    await stands();
    await stage.agrees(account);
    expect(await bought()).toBeCloseTo(1, 9);
  });

  it('whose mirror did not fill is brought to its target inside its bound', async () => {
    await place(limit(true, '10', '1800'));
    await stands('buy 1 at 1800');
    const [mirror] = await openOf(FOLLOWER);
    await follower.exchange.cancel({ cancels: [{ a: asset, o: mirror?.oid ?? 0 }] });
    await price(1_795);
    await eventually('the leader holds twenty', async () => ((await stage.held(LEADER, COIN)) === 20 ? true : null));
    await holds(2);
    await stands();
    await stage.agrees(account);
    expect(await bought()).toBeCloseTo(2, 9);
  });

  it('mirrors what takes profit and what stops a loss, and is not entered again once one was filled', async () => {
    await place(trigger(false, '20', '1500', '1400', 'sl'), limit(false, '10', '1900', true));
    await stands('sell 1 at 1900 only reduces', 'sell 2 at 1400 stop 1500 only reduces');
    await price(1_910);
    await holds(1);
    await eventually('the leader holds ten', async () => ((await stage.held(LEADER, COIN)) === 10 ? true : null));
    await stands('sell 1 at 1400 stop 1500 only reduces');
    await stage.agrees(account);
    await price(1_480);
    await holds(0);
    await eventually('the leader is flat', async () => ((await stage.held(LEADER, COIN)) === 0 ? true : null));
    await stands();
    await stage.agrees(account);
    expect(await bought()).toBeCloseTo(2, 9);
  });

  it('ends entries with a pause, and places them again when it is resumed', async () => {
    await place(limit(true, '10', '1400'));
    await stands('buy 1 at 1400');
    await stage.tenant.command('copy.pause', account.copyId);
    await stands();
    await stage.tenant.command('copy.resume', account.copyId);
    await stands('buy 1 at 1400');
    await stage.tenant.command('copy.stop', account.copyId, { mode: 'close_now' });
    await stands();
    await eventually('the copy has stopped', async () => {
      const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: account.copyId }));
      return copy?.state === 'stopped' ? true : null;
    });
  });
});
