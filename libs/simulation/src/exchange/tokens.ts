/** A token that lies on spot balances; those of perp dexes are collateral. Amounts of every token are whole numbers of 10^-6 of it. */
export interface TokenSpec {
  readonly name: string;
  readonly index: number;
  readonly szDecimals: number;
  readonly weiDecimals: number;
  /** 16 bytes; actions name a token `NAME:0x…`. */
  readonly tokenId: string;
  readonly isCanonical: boolean;
  readonly evmContract: { readonly address: string; readonly evm_extra_wei_decimals: number } | null;
  readonly fullName: string | null;
  readonly deployerTradingFeeShare: string;
  /** Dollars one token is worth in every valuation of the exchange, a decimal. */
  readonly usdPx: string;
  /** True for tokens that others are quoted in: pairs of two of them have a fifth of the fees. */
  readonly isQuote?: boolean;
  /** A dollar the venue shares its reserve with: fees on dexes of this collateral have a discount. */
  readonly isAligned?: boolean;
}

export interface SpotPairSpec {
  /** `PURR/USDC` or `@<index>`. */
  readonly name: string;
  readonly index: number;
  readonly base: number;
  readonly quote: number;
  readonly isCanonical: boolean;
}

const evm = (address: string, evm_extra_wei_decimals: number): TokenSpec['evmContract'] => ({ address, evm_extra_wei_decimals });
const PLAIN = { isCanonical: false, evmContract: null, fullName: null, deployerTradingFeeShare: '0.0', usdPx: '1' } as const;

/** Indices, ids and decimals of the main network. */
export const TOKENS: readonly TokenSpec[] = [
  {
    ...PLAIN,
    name: 'USDC',
    index: 0,
    szDecimals: 8,
    weiDecimals: 8,
    tokenId: '0x6d1e7cde53ba9467b783cb7c530ce054',
    isCanonical: true,
    evmContract: evm('0x6b9e773128f453f5c2c60935ee2de2cbc5390a24', -2),
    isQuote: true,
  },
  {
    ...PLAIN,
    name: 'PURR',
    index: 1,
    szDecimals: 0,
    weiDecimals: 5,
    tokenId: '0xc1fb593aeffbeb02f85e0308e9956a90',
    isCanonical: true,
    evmContract: evm('0x9b498c3c8a0b8cd8ba1d9851d40d186f1872b44e', 13),
    usdPx: '0.2',
  },
  {
    ...PLAIN,
    name: 'HYPE',
    index: 150,
    szDecimals: 2,
    weiDecimals: 8,
    tokenId: '0x0d01dc56dcaaca66ad901c959b4011ec',
    fullName: 'Hyperliquid',
    usdPx: '40',
  },
  {
    ...PLAIN,
    name: 'USDE',
    index: 235,
    szDecimals: 2,
    weiDecimals: 8,
    tokenId: '0x2e6d84f2d7ca82e6581e03523e4389f7',
    fullName: 'USDe',
    evmContract: evm('0x5d3a1ff2b6bab83b63cd9ad0787074081a52ef34', 10),
    isQuote: true,
  },
  {
    ...PLAIN,
    name: 'USDT0',
    index: 268,
    szDecimals: 2,
    weiDecimals: 8,
    tokenId: '0x25faedc3f054130dbb4e4203aca63567',
    fullName: 'USDT0',
    evmContract: evm('0xb8ce59fc3717ada4c02eadf9682a9e934f625ebb', -2),
    isQuote: true,
  },
  {
    ...PLAIN,
    name: 'USDH',
    index: 360,
    szDecimals: 2,
    weiDecimals: 8,
    tokenId: '0x54e00a5988577cb0b0c9ab0cb6ef7f4b',
    fullName: 'USDH',
    evmContract: evm('0x111111a1a0667d36bd57c0a9f569b98057111111', -2),
    isQuote: true,
    isAligned: true,
  },
];

/** Every pair is quoted in USDC. */
export const SPOT_PAIRS: readonly SpotPairSpec[] = [
  { name: 'PURR/USDC', index: 0, base: 1, quote: 0, isCanonical: true },
  { name: '@107', index: 107, base: 150, quote: 0, isCanonical: false },
  { name: '@150', index: 150, base: 235, quote: 0, isCanonical: false },
  { name: '@166', index: 166, base: 268, quote: 0, isCanonical: false },
  { name: '@230', index: 230, base: 360, quote: 0, isCanonical: false },
];
