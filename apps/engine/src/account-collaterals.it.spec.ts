import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccountStage, accountStage, dexOf, type FollowedAccount } from './testing/account-stage';
import type { TestProcess } from './testing/processes';
import { eventually, type Rig, startRig } from './testing/rig';
import { venueWallet } from './testing/venue-wallet';

/* Dexes with a collateral of their own: PnL, fees and funding are counted in it, and an account that has none of it is told so before anything leaves. */

const TERMS = { LOCKSTEP_RECONCILE_INTERVAL_MS: '1000', LOCKSTEP_FUNDING_PERIOD_MS: '1000' };
const LEADER = `0x${'c3'.repeat(20)}`;
/** Coin, what the dex counts in, whether the coin takes isolated margin alone, and what the leader buys. */
type Dex = readonly [coin: string, asset: string, isolated: boolean, size: string];
const LEFT: Dex = ['km:US500', 'USDH', false, '6'];
const DEXES: readonly Dex[] = [
  ['flx:TSLA', 'USDT0', false, '10'],
  ['flx:GOLD', 'USDT0', true, '1'],
  LEFT,
  ['km:SMALL2000', 'USDH', true, '15'],
  ['hyna:ETH', 'USDE', false, '2'],
  ['hyna:SOL', 'USDE', true, '50'],
];
const OWN = 'hyna:ETH';
const BALANCE = 2_000;
const LEVERAGE = 4;

describe('dexes with a collateral of their own', () => {
  let rig: Rig;
  let engine: TestProcess;
  let stage: AccountStage;
  let rich: FollowedAccount;
  let poor: FollowedAccount;
  /** Holds something of their own there from before the copy. */
  let owner: FollowedAccount;

  beforeAll(async () => {
    rig = await startRig();
    engine = await rig.startEngine(TERMS);
    stage = await accountStage(rig, LEADER);
    const [first, second, third] = [venueWallet(rig.venue.url, 2_201), venueWallet(rig.venue.url, 2_202), venueWallet(rig.venue.url, 2_203)];
    const credits = { flx: String(BALANCE), km: String(BALANCE), hyna: String(BALANCE) };
    await rig.venue.control('/worlds/main/accounts', {
      accounts: [
        { address: first.address, credits: { '': '10000', ...credits } },
        // Dust does not margin the smallest order.
        { address: second.address, credits: { '': '10000', km: '0.05' } },
        { address: third.address, credits: { '': '10000', hyna: String(BALANCE) } },
      ],
    });
    const own = { address: third.address, coin: OWN, side: 'sell', price: String(await stage.mid(OWN)), size: '0.1' };
    await rig.venue.control('/worlds/main/trades', { trades: [own] });
    const settings = { venueLeverage: LEVERAGE, instruments: { kind: 'only', coins: DEXES.map(([coin]) => coin) } } as const;
    rich = await stage.follow(first.address, first, 'main', { settings, agentName: 'rich' });
    poor = await stage.follow(second.address, second, 'main', { settings });
    owner = await stage.follow(third.address, third, 'main', { settings: { ...settings, instruments: { kind: 'only', coins: [OWN] } } });
  }, 300_000);
  afterAll(async () => {
    await rig?.close();
  });

  it.each(DEXES)('%s is entered, flipped and left, with collateral in %s', async (coin, _asset, isolated, size) => {
    await stage.trade(coin, 'buy', size);
    await stage.holds(rich, coin, Number(size) / 10);
    const { assetPositions } = await stage.clearinghouse(rich.address, dexOf(coin));
    // Prepared when the copy began: the first position stands in it.
    expect(assetPositions.map(({ position }) => [position.coin, position.leverage])).toEqual([
      [coin, { type: isolated ? 'isolated' : 'cross', value: LEVERAGE }],
    ]);
    await stage.charge(coin, rich);
    await stage.trade(coin, 'sell', String(Number(size) * 1.5));
    await stage.holds(rich, coin, -Number(size) / 20);
    await stage.trade(coin, 'buy', String(Number(size) / 2));
    await stage.holds(rich, coin, 0);
    expect(await stage.held(poor.address, coin)).toBe(0);
  });

  it('PnL, fees and funding were booked in each dex’s own collateral, to what its clearinghouse holds now', async () => {
    const booked = await stage.agrees(rich);
    const assets = new Map(DEXES.map(([coin, asset]) => [asset, dexOf(coin)]));
    expect(new Set(booked.keys())).toEqual(new Set(assets.keys()));
    for (const [asset, dex] of assets) {
      expect(booked.get(asset)).toBeLessThan(0n);
      const value = Number((await stage.clearinghouse(rich.address, dex)).marginSummary.accountValue);
      expect(BALANCE + Number(booked.get(asset)) / 1e8).toBeCloseTo(value, 5);
    }
    for (const [coin, asset] of DEXES) await stage.told(1, 'funding.booked', rich.copyId, coin, asset);
  });

  it('an account without that collateral, or with dust of it, was denied each of them by name, and sent nothing', async () => {
    for (const [coin] of DEXES) await stage.told(1, 'order.denied', poor.copyId, coin, 'no_collateral');
    await stage.agrees(poor);
    expect(await rig.venue.info({ type: 'userFills', user: poor.address })).toEqual([]);
    expect(await stage.events('order.rejected', poor.copyId)).toBe(0);
  });

  it('what a follower held there before the copy is theirs: the copy is entered, left, and never taken for closed by it', async () => {
    await stage.holds(owner, OWN, -0.1);
    await stage.trade(OWN, 'buy', '2');
    await stage.holds(owner, OWN, 0.1);
    await eventually('the account is compared with the entry', async () => {
      const nets = await rig.storage.scoped(stage.tenant.scope, (unit) => unit.positions.ofVenueAccounts());
      return nets.some(({ coin, net, own }) => coin === OWN && net === 10_000_000n && own === -10_000_000n) ? true : null;
    });
    await stage.trade(OWN, 'sell', '2');
    await stage.holds(owner, OWN, -0.1);
    expect(await stage.events('position.changed', owner.copyId, '"ended_by":"user"')).toBe(0);
  });

  it('where a collateral no longer counts as a dollar, entries are denied by name and the exit leaves', async () => {
    const [coin, , , size] = LEFT;
    await stage.trade(coin, 'buy', size);
    await stage.holds(rich, coin, Number(size) / 10);
    await engine.kill();
    engine = await rig.startEngine({ ...TERMS, LOCKSTEP_DOLLAR_COLLATERALS: 'USDC' });
    await stage.trade(coin, 'buy', size);
    await eventually('the entry is denied', async () =>
      (await stage.events('order.denied', rich.copyId, coin, 'foreign_collateral')) > 0 ? true : null,
    );
    await stage.trade(coin, 'sell', size);
    await stage.holds(rich, coin, Number(size) / 20);
    await stage.trade(coin, 'sell', size);
    await stage.holds(rich, coin, 0);
    await stage.agrees(rich);
  });
});
