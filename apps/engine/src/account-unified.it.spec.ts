import { parseMoney, present, RATE_ONE, rate, UNIT, unwrap } from '@lockstep/kernel';
import { defaultCopySettings } from '@lockstep/roster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AccountStage, accountStage, type FollowedAccount } from './testing/account-stage';
import { eventually, type Rig, startRig } from './testing/rig';
import { venueWallet } from './testing/venue-wallet';

/* A unified account: one balance for the main dex and every dex of the same collateral, which counts once wherever equity is judged. */

const TERMS = { LOCKSTEP_RECONCILE_INTERVAL_MS: '1000', LOCKSTEP_FUNDING_PERIOD_MS: '1000' };
const LEADER = `0x${'c2'.repeat(20)}`;
const [COIN, DEX_COIN, OTHER_COIN] = ['ETH', 'xyz:NVDA', 'flx:TSLA'];
const [USDC, USDT0] = [10_000n, 2_000n];
const spotSchema = z.object({ balances: z.array(z.object({ coin: z.string(), total: z.string() })) });

describe('a unified account', () => {
  let rig: Rig;
  let stage: AccountStage;
  let account: FollowedAccount;

  beforeAll(async () => {
    rig = await startRig();
    await rig.startEngine(TERMS);
    stage = await accountStage(rig, LEADER);
    const wallet = venueWallet(rig.venue.url, 2_101);
    await rig.venue.control('/worlds/main/accounts', {
      accounts: [{ address: wallet.address, credits: { '': String(USDC), 'spot:USDT0': String(USDT0) } }],
    });
    await wallet.unify();
    account = await stage.follow(wallet.address, wallet, 'main', {
      allocation: USDC,
      settings: { breaker: { ...defaultCopySettings().breaker, fromStart: rate(RATE_ONE / 10n) }, venueLeverage: 3 },
    });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  /** Three tenths off the price. */
  const fall = async (coin: string): Promise<void> => {
    const price = (0.7 * (await stage.mid(coin))).toPrecision(4);
    await rig.venue.control('/worlds/main/prices', { prices: [{ coin, price }] });
  };
  const allocationOf = async (allocation: bigint): Promise<string> => {
    const { tenant } = stage;
    await rig.storage.scoped(tenant.scope, (unit) => unit.copies.update({ id: account.copyId }, { allocation }));
    const no = await tenant.command('copy.allocation', account.copyId, { allocation: allocation.toString() });
    return eventually('the allocation is judged', async () => {
      const command = await rig.storage.scoped(tenant.scope, (unit) => unit.commands.findOne({ no }));
      return command === null || command.status === 'pending' ? null : command.status;
    });
  };

  it('is known as such, and each of its balances counts once for all dexes of its collateral', async () => {
    const row = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.venueAccounts.findOne({ id: account.accountId }));
    expect(row?.mode).toBe('unified');
    expect(await allocationOf((USDC + USDT0 + 1n) * UNIT)).toBe('refused');
    expect(await allocationOf((USDC + USDT0) * UNIT)).toBe('applied');
    expect(await allocationOf(USDC * UNIT)).toBe('applied');
  });

  it('follows in the main dex and in a dex that shares its balance, without a transfer', async () => {
    for (const [coin, size, expected] of [
      [COIN, '1', 0.1],
      [DEX_COIN, '20', 2],
      [OTHER_COIN, '10', 1],
    ] as const) {
      await stage.trade(coin, 'buy', size);
      await stage.holds(account, coin, expected);
    }
    await stage.charge(DEX_COIN, account);
    await stage.agrees(account);
    await stage.trade(COIN, 'sell', '1.5');
    await stage.holds(account, COIN, -0.05);
    await stage.trade(COIN, 'buy', '0.5');
    await stage.holds(account, COIN, 0);
    await stage.trade(DEX_COIN, 'sell', '20');
    await stage.holds(account, DEX_COIN, 0);
    await stage.trade(OTHER_COIN, 'sell', '10');
    await stage.holds(account, OTHER_COIN, 0);
    const booked = await stage.agrees(account);
    expect(new Set(booked.keys())).toEqual(new Set(['USDC', 'USDT0']));
  });

  it('has at the venue what it had, and what was booked', async () => {
    const booked = await stage.agrees(account);
    const { balances } = spotSchema.parse(await rig.venue.info({ type: 'spotClearinghouseState', user: account.address }));
    for (const [asset, had] of [
      ['USDC', USDC],
      ['USDT0', USDT0],
    ] as const) {
      const total = unwrap(
        parseMoney(
          present(
            balances.find(({ coin }) => coin === asset),
            asset,
          ).total,
        ),
        asset,
      );
      expect(Number(total - had * UNIT) / 1e8).toBeCloseTo(Number(booked.get(asset)) / 1e8, 5);
    }
  });

  it('meets its loss limit by what it loses in both dexes together, and is closed in both', async () => {
    await stage.trade(COIN, 'buy', '10');
    await stage.holds(account, COIN, 1);
    await stage.trade(DEX_COIN, 'buy', '100');
    await stage.holds(account, DEX_COIN, 10);
    await fall(COIN);
    // Some six in a hundred are lost: an increase is still followed.
    await stage.trade(COIN, 'buy', '1');
    await stage.holds(account, COIN, 1.1);
    expect(await stage.events('breaker.triggered')).toBe(0);
    await fall(DEX_COIN);
    await eventually('the limit is met', async () => ((await stage.events('breaker.triggered', account.copyId)) === 1 ? true : null));
    await stage.holds(account, COIN, 0);
    await stage.holds(account, DEX_COIN, 0);
    await stage.agrees(account);
  });
});
