import { builderDexes } from './builder-dexes';
import type { AssetSpec, DexSpec, MarginTable, MarginTier } from './dex-spec';
import { SPOT_PAIRS, type SpotPairSpec, TOKENS, type TokenSpec } from './tokens';

export type { AssetSpec, DexSpec, MarginTable, MarginTier } from './dex-spec';

/** The dexes of a world in order; the first is the main one. Tokens and spot pairs are those of the main network unless named. */
export interface Universe {
  readonly dexes: readonly DexSpec[];
  readonly tokens?: readonly TokenSpec[];
  readonly spotPairs?: readonly SpotPairSpec[];
}

export const tokensOf = (universe: Universe): readonly TokenSpec[] => universe.tokens ?? TOKENS;
/** Start prices of the spot pairs by name; a pair of two quote tokens is pegged. */
export function spotStartsOf(universe: Universe): readonly { readonly coin: string; readonly startPx: string; readonly isPegged: boolean }[] {
  const tokens = new Map(tokensOf(universe).map((token) => [token.index, token]));
  return spotPairsOf(universe).map(({ name, base, quote }) => {
    const [traded, paid] = [tokens.get(base), tokens.get(quote)];
    return { coin: name, startPx: traded?.usdPx ?? '1', isPegged: traded?.isQuote === true && paid?.isQuote === true };
  });
}
export const spotPairsOf = (universe: Universe): readonly SpotPairSpec[] => universe.spotPairs ?? SPOT_PAIRS;

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

/**
 * The main dex with a delisted slot and an isolated-only coin, and four builder dexes of different collateral, fee scale, margin and
 * growth modes. BTC is asset 0, `xyz:XYZ100` is 110000.
 */
export const defaultUniverse: Universe = { dexes: [MAIN_DEX, ...builderDexes()] };

/** The same dexes with BTC at index 3 and the builder dexes in another order, as on the venue's test network: nothing may rely on an index. */
export const testnetUniverse: Universe = {
  dexes: [
    { ...MAIN_DEX, assets: [...MAIN_ASSETS.slice(1, 4), ...MAIN_ASSETS.slice(0, 1), ...MAIN_ASSETS.slice(4)] },
    ...builderDexes('km', 'xyz', 'hyna', 'flx'),
  ],
};

/** The tiers of a margin table id inside a dex; an id below 50 is a single tier of that leverage. */
export function tiersOf(dex: DexSpec, marginTableId: number): readonly MarginTier[] {
  const listed = dex.marginTables.find((candidate) => candidate.id === marginTableId);
  return listed?.tiers ?? [tier(0, marginTableId)];
}
