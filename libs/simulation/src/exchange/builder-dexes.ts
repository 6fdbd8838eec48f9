import type { AssetSpec, DexSpec } from './dex-spec';

/**
 * Perp dexes run by deployers (HIP-3). Names are those of the main network; collateral, scales and modes are spread so that every kind
 * there is occurs once.
 */

type Row = readonly [coin: string, szDecimals: number, maxLeverage: number, startPx: string];
type Mode = Pick<AssetSpec, 'onlyIsolated' | 'marginMode' | 'isDelisted' | 'growthMode' | 'fundingMultiplier' | 'fundingInterestRate'>;

/** A coin with the single-tier margin table of its leverage. */
const asset = ([coin, szDecimals, maxLeverage, startPx]: Row, mode: Mode = {}): AssetSpec => ({
  coin,
  szDecimals,
  maxLeverage,
  marginTableId: maxLeverage,
  startPx,
  ...mode,
});

const NO_CROSS: Mode = { onlyIsolated: true, marginMode: 'noCross' };
const STRICT_ISOLATED: Mode = { onlyIsolated: true, marginMode: 'strictIsolated' };
const GROWTH: Mode = { growthMode: true };
/** As recorded of the coin. */
const SLOW_FUNDING: Mode = { fundingMultiplier: 300_265_572 };
/** The recorded base rate of this dex's coins was half of the main dex's. */
const HALF_INTEREST: Mode = { fundingInterestRate: 500_000 };

const SINGLE_TIER_50 = { id: 50, description: '', tiers: [{ lowerBound: 0, maxLeverage: 50 }] };
const [USDC, USDE, USDT0, USDH] = [0, 235, 268, 360];

const XYZ: DexSpec = {
  name: 'xyz',
  fullName: 'XYZ',
  deployer: '0x88806a71d74ad0a510b350545c9ae490912f0888',
  feeRecipient: '0x97f46f90c04efb91d0d740bd263e76683ca6f904',
  subDeployers: [['setOracle', ['0x1234567890545d1df9ee64b35fdd16966e08acec']]],
  deployerFeeScaleMilli: 1_000,
  collateralToken: USDC,
  marginTables: [SINGLE_TIER_50],
  assets: [
    asset(['xyz:XYZ100', 4, 25, '24657'], { ...NO_CROSS, ...HALF_INTEREST }),
    asset(['xyz:TSLA', 3, 10, '399.52'], { ...STRICT_ISOLATED, ...GROWTH }),
    asset(['xyz:NVDA', 3, 10, '176.19']),
    asset(['xyz:GOLD', 4, 20, '4899.9']),
  ],
};

const FLX: DexSpec = {
  name: 'flx',
  fullName: 'Felix Exchange',
  deployer: '0x2fab552502a6d45920d5741a2f3ebf4c35536352',
  oracleUpdater: '0x94757f8dcb4bf73b850195660e959d1105cfedd5',
  feeRecipient: '0xe2872b5ae7dcbba40cc4510d08c8bbea95b42d43',
  deployerFeeScaleMilli: 2_000,
  collateralToken: USDT0,
  marginTables: [SINGLE_TIER_50],
  assets: [
    asset(['flx:TSLA', 3, 10, '399.52']),
    asset(['flx:COIN', 3, 10, '254.3'], { isDelisted: true }),
    asset(['flx:GOLD', 4, 20, '4899.9'], { ...NO_CROSS, ...SLOW_FUNDING }),
  ],
};

const KM: DexSpec = {
  name: 'km',
  fullName: 'Markets by Kinetiq',
  deployer: '0x71c55b2c1ca5de5c1f7b8c2b6bbd66a5c8d1a6e1',
  feeRecipient: '0x71c55b2c1ca5de5c1f7b8c2b6bbd66a5c8d1a6e1',
  deployerFeeScaleMilli: 1_000,
  collateralToken: USDH,
  marginTables: [SINGLE_TIER_50],
  assets: [asset(['km:US500', 3, 20, '689.1'], GROWTH), asset(['km:SMALL2000', 3, 20, '265.4'], { ...STRICT_ISOLATED })],
};

const HYNA: DexSpec = {
  name: 'hyna',
  fullName: 'HyENA',
  deployer: '0x53e655101ea361537124ef814ad4e654b54d0637',
  oracleUpdater: '0xaab93501e78f5105e265a1eafda10ce6530de17e',
  feeRecipient: null,
  deployerFeeScaleMilli: 500,
  collateralToken: USDE,
  marginTables: [SINGLE_TIER_50],
  assets: [asset(['hyna:BTC', 5, 40, '66344']), asset(['hyna:ETH', 4, 25, '1919.1']), asset(['hyna:SOL', 2, 20, '81.499'], NO_CROSS)],
};

const ALL: readonly DexSpec[] = [XYZ, FLX, KM, HYNA];

/** The builder dexes in the order of the given names; all in the main network's order without. */
export const builderDexes = (...names: readonly string[]): readonly DexSpec[] =>
  names.length === 0 ? ALL : names.flatMap((name) => ALL.filter((dex) => dex.name === name));
