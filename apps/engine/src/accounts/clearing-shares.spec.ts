import { UNIT } from '@lockstep/kernel';
import { MICRO } from '@lockstep/replication';
import { dollars, entryOf, instrumentOf, rateOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import { StopVersion } from '../context';
import { type AccountRecord, type CopyRecord, type DexBalance, Registry, type WatchedAccount } from '../state/registry';
import { shareEquity } from '../state/shared-accounts';
import { shareAccount, shareClearings } from './clearing-shares';

const COINS = [instrumentOf('BTC'), { ...instrumentOf('xyz:TSLA'), dex: 'xyz' }, { ...instrumentOf('km:GOLD'), dex: 'km', collateral: 'USDH' }];
const MARKETS = {
  get: (coin: string) => ({ instrument: COINS.find((one) => one.coin === coin) ?? instrumentOf(coin) }),
  dollarClearinghouses: () => COINS.map(({ dex, collateral }) => ({ dex, collateral })),
};

/** Two copies on an account, of 300 and 100. */
function sharing(balances: Readonly<Record<string, DexBalance>>, floor: string | null = null) {
  const registry = new Registry();
  const account = {
    index: 9,
    no: 90,
    network: { markets: MARKETS },
    own: new Map(),
    balances: new Map(Object.entries(balances)),
  } as unknown as AccountRecord;
  const copies = [300, 100].map((allocation, index) => {
    const stage = new Stage(COINS[0]);
    for (const instrument of COINS) stage.book.sheet(instrument);
    const settings = settingsOf('1', { caps: { ...settingsOf('1').caps, minLiquidationDistance: floor === null ? null : rateOf(floor) } });
    const row = stage.add(entryOf(index + 1, settings, { venueAccount: account.index, allocation: dollars(allocation) }));
    registry.addCopy({
      no: index + 1,
      id: `cpy_${index}`,
      row,
      account,
      watched: { no: index, book: stage.book } as unknown as WatchedAccount,
    } as unknown as CopyRecord);
    return { stage, row };
  });
  /** What each copy has in the clearinghouse of each coin, in dollars. */
  const there = (): readonly (readonly number[])[] => {
    shareEquity(registry, account);
    shareClearings(registry, account);
    return copies.map(({ stage, row }) =>
      COINS.map(({ coin }) => ((stage.book.copies.realEquity[row] ?? 0) - (stage.book.findSheet(coin)?.rows.clearingShort[row] ?? 0)) / 1e8),
    );
  };
  /** Whether what was approved is judged again once the account is divided anew. */
  const again = (): boolean => {
    const stops = new StopVersion();
    shareAccount({ registry, stops }, account);
    return stops.current !== new StopVersion().current;
  };
  return { account, copies, there, again };
}

const held = (amount: bigint, part: Partial<DexBalance> = {}): DexBalance =>
  ({ accountValue: amount * UNIT, pooled: false, inUse: false, ...part }) as DexBalance;

describe('what an account has in each clearinghouse', () => {
  it('is divided among its copies as all of it is, and a dex that was never read holds nothing', () => {
    expect(sharing({ '': held(320n), xyz: held(80n) }).there()).toEqual([
      [240, 60, 0],
      [80, 20, 0],
    ]);
  });

  it('is there for every clearinghouse that shares it', () => {
    const { there, copies } = sharing({ '': held(400n, { pooled: true }), xyz: held(400n, { pooled: true }), km: held(100n, { pooled: true }) });
    expect(there()).toEqual([
      [300, 300, 75],
      [100, 100, 25],
    ]);
    expect(copies[0]?.stage.book.findSheet('xyz:TSLA')?.rows.clearingPooled[0]).toBe(1);
  });

  it('is known of one that shares a balance, though it was never read itself', () => {
    expect(sharing({ '': held(400n, { pooled: true }) }).there()).toEqual([
      [300, 300, 0],
      [100, 100, 0],
    ]);
  });

  it('is less by the margin of what the follower holds of their own', () => {
    const position = (size: bigint) => ({ coin: 'BTC', size: size * UNIT, marginUsed: 40n * UNIT });
    const { account, copies, there } = sharing({ '': held(400n, { positions: [position(4n)] as unknown as NonNullable<DexBalance['positions']> }) });
    account.own.set('BTC', -1);
    const one = copies[0]?.stage;
    if (one !== undefined) one.sheet.rows.target[0] = 5 * MICRO;
    expect(there().map(([main]) => main)).toEqual([292.5, 97.5]);
  });

  it.each<[string, string | null, boolean]>([
    ['of a copy with a floor under its liquidation is judged again', '0.1', true],
    ['of another is not', null, false],
  ])('where money went from one clearinghouse to another what was approved %s', (_what, floor, expected) => {
    const { account, again } = sharing({ '': held(300n), xyz: held(100n) }, floor);
    again();
    expect(again()).toBe(false);
    account.balances.set('', held(340n));
    account.balances.set('xyz', held(60n));
    expect([again(), again()]).toEqual([expected, false]);
  });
});
