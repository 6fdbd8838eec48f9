/** A tier of a margin table: from this notional on, this is the highest leverage. */
export interface MarginTier {
  /** US dollars, whole. */
  readonly lowerBound: number;
  readonly maxLeverage: number;
}

export interface MarginTable {
  readonly id: number;
  readonly description: string;
  readonly tiers: readonly MarginTier[];
}

export interface AssetSpec {
  readonly coin: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  /** Ids below 50 are the single-tier table of that leverage. */
  readonly marginTableId: number;
  readonly onlyIsolated?: boolean;
  readonly marginMode?: 'strictIsolated' | 'noCross';
  readonly isDelisted?: boolean;
  readonly growthMode?: boolean;
  /** Oracle price a new world begins with, a decimal. */
  readonly startPx: string;
}

export interface DexSpec {
  /** Empty for the main dex, else the prefix of its coins. */
  readonly name: string;
  readonly fullName: string;
  readonly deployer: string;
  readonly feeRecipient: string;
  /** Fee scale of a builder dex in thousandths: 1000 doubles what the user pays. Unused by the main dex. */
  readonly deployerFeeScaleMilli: number;
  readonly collateralToken: number;
  readonly marginTables: readonly MarginTable[];
  readonly assets: readonly AssetSpec[];
}

/** The dexes of a world in order; the first is the main one. */
export interface Universe {
  readonly dexes: readonly DexSpec[];
}

const table = (id: number, description: string, ...tiers: MarginTier[]): MarginTable => ({ id, description, tiers });
const tier = (lowerBound: number, maxLeverage: number): MarginTier => ({ lowerBound, maxLeverage });

const SINGLE_TIER_50 = table(50, '', tier(0, 50));
const MAIN_TABLES: readonly MarginTable[] = [
  SINGLE_TIER_50,
  table(51, 'tiered 10x', tier(0, 10), tier(3_000_000, 5)),
  table(52, 'tiered 10x (2)', tier(0, 10), tier(20_000_000, 5)),
  table(53, 'tiered 20x', tier(0, 20), tier(40_000_000, 10)),
  table(54, 'tiered 20x (2)', tier(0, 20), tier(70_000_000, 10)),
  table(55, 'tiered 25x', tier(0, 25), tier(100_000_000, 15)),
  table(56, 'tiered 40x', tier(0, 40), tier(150_000_000, 20)),
];

type Row = readonly [coin: string, szDecimals: number, maxLeverage: number, marginTableId: number, startPx: string];
const asset = ([coin, szDecimals, maxLeverage, marginTableId, startPx]: Row): AssetSpec => ({
  coin,
  szDecimals,
  maxLeverage,
  marginTableId,
  startPx,
});

const MAIN_ASSETS: readonly AssetSpec[] = [
  asset(['BTC', 5, 40, 56, '66344']),
  asset(['ETH', 4, 25, 55, '1919.1']),
  asset(['SOL', 2, 20, 54, '81.499']),
  { ...asset(['MATIC', 1, 20, 20, '0.37']), isDelisted: true },
  asset(['kPEPE', 0, 10, 52, '0.003663']),
  { ...asset(['MEGA', 0, 3, 3, '0.12234']), onlyIsolated: true, marginMode: 'strictIsolated' },
  asset(['ZEC', 2, 10, 52, '502.5']),
  asset(['MET', 0, 3, 3, '0.4716']),
  asset(['STRK', 1, 5, 5, '0.1472']),
  asset(['ASTER', 0, 5, 5, '1.0612']),
  asset(['ZORA', 0, 3, 3, '0.05634']),
  asset(['IP', 1, 3, 3, '3.6241']),
  asset(['RESOLV', 0, 3, 3, '0.18641']),
  asset(['UNI', 1, 10, 52, '7.7906']),
  asset(['AERO', 0, 3, 3, '1.1978']),
  asset(['POPCAT', 0, 3, 3, '0.13422']),
  asset(['XPL', 0, 10, 51, '0.25371']),
];

const XYZ_ASSETS: readonly AssetSpec[] = [
  { ...asset(['xyz:XYZ100', 4, 25, 25, '24657']), onlyIsolated: true, marginMode: 'noCross' },
  { ...asset(['xyz:TSLA', 3, 10, 10, '399.52']), onlyIsolated: true, marginMode: 'strictIsolated', growthMode: true },
  asset(['xyz:NVDA', 3, 10, 10, '176.19']),
  asset(['xyz:GOLD', 4, 20, 20, '4899.9']),
];

const MAIN_DEX: DexSpec = {
  name: '',
  fullName: '',
  deployer: '',
  feeRecipient: '',
  deployerFeeScaleMilli: 0,
  collateralToken: 0,
  marginTables: MAIN_TABLES,
  assets: MAIN_ASSETS,
};

const XYZ_DEX: DexSpec = {
  name: 'xyz',
  fullName: 'XYZ',
  deployer: '0x88806a71d74ad0a510b350545c9ae490912f0888',
  feeRecipient: '0x97f46f90c04efb91d0d740bd263e76683ca6f904',
  deployerFeeScaleMilli: 1_000,
  collateralToken: 0,
  marginTables: [SINGLE_TIER_50],
  assets: XYZ_ASSETS,
};

/** The main dex with a delisted slot and an isolated-only coin, and one builder dex `xyz`. BTC is asset 0, `xyz:XYZ100` is 110000. */
export const defaultUniverse: Universe = { dexes: [MAIN_DEX, XYZ_DEX] };

/** The same dexes with BTC at index 3, as on the venue's test network: nothing may rely on an index. */
export const testnetUniverse: Universe = {
  dexes: [{ ...MAIN_DEX, assets: [...MAIN_ASSETS.slice(1, 4), ...MAIN_ASSETS.slice(0, 1), ...MAIN_ASSETS.slice(4)] }, XYZ_DEX],
};

/** The tiers of a margin table id inside a dex; an id below 50 is a single tier of that leverage. */
export function tiersOf(dex: DexSpec, marginTableId: number): readonly MarginTier[] {
  const listed = dex.marginTables.find((candidate) => candidate.id === marginTableId);
  return listed?.tiers ?? [tier(0, marginTableId)];
}
