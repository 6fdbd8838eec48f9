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
  /** What the deployer of a builder dex multiplies the coin's funding rate by, 10^-10; one without. */
  readonly fundingMultiplier?: number;
  /** Interest rate of eight hours in the coin's funding, 10^-10; 0.01 % without. */
  readonly fundingInterestRate?: number;
  /** Oracle price a new world begins with, a decimal. */
  readonly startPx: string;
}

export interface DexSpec {
  /** Empty for the main dex, else the prefix of its coins. */
  readonly name: string;
  readonly fullName: string;
  readonly deployer: string;
  /** Null where the deployer itself receives its share. */
  readonly feeRecipient: string | null;
  /** Rights of the deployer that others hold: name of the right, addresses. */
  readonly subDeployers?: readonly (readonly [right: string, addresses: readonly string[]])[];
  readonly oracleUpdater?: string;
  /** Fee scale of a builder dex in thousandths: 1000 doubles what the user pays. Unused by the main dex. */
  readonly deployerFeeScaleMilli: number;
  /** Index of the token its clearinghouse holds. */
  readonly collateralToken: number;
  readonly marginTables: readonly MarginTable[];
  readonly assets: readonly AssetSpec[];
}
