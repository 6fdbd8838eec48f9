import { describe, expect, it } from 'vitest';
import type { Listing } from '../market';
import { copyOf, fillOf, truthOf } from '../testing/judged-copy';
import type { SeenWave } from '../wave-watch';
import { dexLines } from './dex-lines';

const wave = (coin: string, orders: number, filled: number, rejected: number, reasons: Readonly<Record<string, number>>) =>
  ({ coin, orders, filled, rejected, unknown: 0, reasons }) as SeenWave;
const listing: Listing = {
  coin: 'km:US500',
  dex: 'km',
  collateral: 'USDH',
  szDecimals: 3,
  maxLeverage: 20,
  margin: 'noCross',
  growth: true,
  delisted: false,
};
const km = { coin: 'km:US500', feeToken: 'USDH', sz: '2', px: '500', fee: '0.111', builderFee: '0.03' };

describe('what happened on a dex', () => {
  it('is told with orders, denials, fees by token, rates and the profit of each asset', () => {
    const copy = copyOf({
      truth: truthOf({ fills: [fillOf(km), fillOf({ ...km, side: 'A', startPosition: '2', px: '499' }), fillOf({ fee: '9', builderFee: '0' })] }),
    });
    const lines = dexLines({
      dexes: [{ dex: 'km', collateral: 'USDH', feeScale: '1.0', listings: [listing, { ...listing, coin: 'km:DEAD', delisted: true }] }],
      waves: [
        wave('km:US500', 3, 2, 1, { planned: 3, no_collateral: 1, below_minimum: 4 }),
        wave('km:US500', 1, 1, 0, { planned: 1, no_collateral: 2 }),
        wave('xyz:NVDA', 7, 7, 0, { planned: 7, paused: 1 }),
      ],
      copies: [copy],
      world: {
        collateralOf: (coin) => (coin.startsWith('km:') ? 'USDH' : 'USDC'),
        collateralOfDex: () => 'USDH',
        accruedOn: () => 0n,
        fundingDue: false,
      },
      largestGaps: new Map([
        ['km', 123_000_000n],
        ['xyz', 5n],
      ]),
      realised: new Map([['USDH', -200_000_000n]]),
    });
    expect(lines.map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
      'km: collateral USDH, fee scale 1.0',
      'orders 4: 3 filled, 1 rejected, 0 unknown; fills 2',
      'denied no_collateral 3',
      'fees 0.162 USDH to the venue, 0.06 USDH to builders',
      'largest gap between target and position 1.23 USDH',
      'km:US500 noCross, growth mode 2 fills, 0.82 bp to the venue',
      'km:DEAD noCross, growth mode, delisted 0 fills',
      'realised PnL per asset, before fees',
      "USDH -2 in the ledger, -2 by the venue's fills; funding 0",
      "USDC 0 in the ledger, 0 by the venue's fills; funding 0",
    ]);
  });
});
