import { RATE_ONE, rate } from '@lockstep/kernel';
import { defaultCopySettings } from '@lockstep/roster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AccountStage, accountStage, type FollowedAccount } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';

const LEADER = `0x${'e5'.repeat(20)}`;
const FOLLOWER = `0x${'e6'.repeat(20)}`;
const COIN = 'ETH';
const RATIO = { kind: 'fixed_ratio', ratio: rate(RATE_ONE / 10n) } as const;

const openOrders = z.array(z.object({ side: z.string(), limitPx: z.string(), sz: z.string(), reduceOnly: z.boolean().optional() }));

describe('entries of a copy that rests on slippage', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let account: FollowedAccount;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine();
    stage = await accountStage(rig, LEADER);
    const leader = await stage.tenant.leader(LEADER);
    const follower = await stage.tenant.follower(FOLLOWER, '20000');
    const slippage = { ...defaultCopySettings().slippage, onBreach: 'rest' as const };
    const copyId = await stage.tenant.copy(leader, follower, {
      allocation: 5_000n,
      settings: { mode: RATIO, slippage, maxAgeMs: 10_000, catchUpMs: 30_000 },
    });
    account = { address: FOLLOWER, accountId: follower.accountId, copyId };
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
  /** The leader trades away from the market. */
  const trade = (side: 'buy' | 'sell', size: string, at: number) =>
    rig.venue.control('/worlds/main/trades', { trades: [{ address: LEADER, coin: COIN, side, price: String(at), size }] });
  const standing = async () => openOrders.parse(await rig.venue.info({ type: 'openOrders', user: FOLLOWER }));
  const stands = (size: number, limit: number) =>
    eventually(`an order of ${size} stands at ${limit}`, async () => {
      const [only, ...more] = await standing();
      return more.length === 0 && Number(only?.sz) === size && Math.abs(Number(only?.limitPx) - limit) < 1 ? true : null;
    });
  const holds = (expected: number) =>
    eventually(`it holds ${expected}`, async () => (Math.abs((await stage.held(FOLLOWER, COIN)) - expected) < 1e-9 ? true : null));

  it('stand at their bound once, and fill when the market comes back', async () => {
    await trade('buy', '10', 1_900);
    await stands(1, 1_909.5);
    expect(await stage.held(FOLLOWER, COIN)).toBe(0);
    await stage.told(1, 'order.resting', account.copyId);
    await price(1_890);
    await holds(1);
    await stage.agrees(account);
    expect(await standing()).toEqual([]);
  });

  it('are cancelled when the leader reduces, and what was not copied is not bought later', async () => {
    await price(2_000);
    await trade('buy', '10', 1_900);
    await stands(1, 1_909.5);
    await trade('sell', '10', 1_900);
    await eventually('nothing stands', async () => ((await standing()).length === 0 ? true : null));
    await price(1_890);
    await stage.agrees(account);
    expect(await stage.held(FOLLOWER, COIN)).toBe(1);
  });

  it('are cancelled when the copy is paused', async () => {
    await price(2_000);
    await trade('buy', '10', 1_900);
    await stands(1, 1_909.5);
    await stage.tenant.command('copy.pause', account.copyId);
    await eventually('nothing stands', async () => ((await standing()).length === 0 ? true : null));
    await stage.agrees(account);
    expect(await stage.held(FOLLOWER, COIN)).toBe(1);
  });

  it('are cancelled by an engine that starts anew, which books what they had filled', async () => {
    await stage.tenant.command('copy.resume', account.copyId);
    await eventually('the copy is active', async () => {
      const copy = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.copies.findOne({ id: account.copyId }));
      return copy?.state === 'active' ? true : null;
    });
    await price(2_000);
    await trade('buy', '10', 1_900);
    // What the pause cancelled is still owed, and stands again with the new part.
    await stands(2, 1_909.5);
    await engine.kill();
    engine = await rig.startEngine();
    await eventually('nothing stands', async () => ((await standing()).length === 0 ? true : null));
    await stage.agrees(account);
    expect(await stage.held(FOLLOWER, COIN)).toBe(1);
  });
});
