import { present } from '@lockstep/kernel';
import { request } from 'undici';
import { z } from 'zod';

/** An instrument as the venue lists it. */
export interface Listing {
  readonly coin: string;
  /** '' is the main dex. */
  readonly dex: string;
  /** The token its dex is margined in, and fees are paid in. */
  readonly collateral: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly margin: 'cross' | 'noCross' | 'strictIsolated';
  /** Fees are a tenth. */
  readonly growth: boolean;
  /** Its slot stays, it is not traded any more. */
  readonly delisted: boolean;
}

/** A dex as the venue lists it. */
export interface DexListing {
  readonly dex: string;
  readonly collateral: string;
  /** What the deployer asks on top of the venue's fees; '0' on the main dex. */
  readonly feeScale: string;
  readonly listings: readonly Listing[];
}

const perpDexs = z.array(z.object({ name: z.string(), deployerFeeScale: z.string() }).nullable());
const spotMeta = z.object({ tokens: z.array(z.object({ name: z.string(), index: z.number() })) });
const universeRow = z.object({
  name: z.string(),
  szDecimals: z.number(),
  maxLeverage: z.number(),
  onlyIsolated: z.boolean().default(false),
  marginMode: z.enum(['noCross', 'strictIsolated']).optional(),
  isDelisted: z.boolean().default(false),
  growthMode: z.string().optional(),
});
const meta = z.object({ universe: z.array(universeRow), collateralToken: z.number().default(0) });

/** The dex a coin is listed on: `xyz:NVDA` on xyz, a coin without a prefix on the main one ('') . */
export const dexOfCoin = (coin: string): string => (coin.includes(':') ? (coin.split(':')[0] ?? '') : '');

/** What the venue lists, with today's mids. */
export class Market {
  private readonly byCoin = new Map<string, Listing>();
  private listed: readonly DexListing[] = [];

  constructor(private readonly simUrl: string) {}

  async load(): Promise<void> {
    const dexes = perpDexs.parse(await this.info({ type: 'perpDexs' }));
    const tokens = new Map(spotMeta.parse(await this.info({ type: 'spotMeta' })).tokens.map(({ index, name }) => [index, name]));
    this.listed = await Promise.all(
      dexes.map(async (dex): Promise<DexListing> => {
        const name = dex?.name ?? '';
        const { universe, collateralToken } = meta.parse(await this.info({ type: 'meta', dex: name }));
        const collateral = present(tokens.get(collateralToken), `token ${collateralToken}`);
        return { dex: name, collateral, feeScale: dex?.deployerFeeScale ?? '0', listings: universe.map((row) => listingOf(row, name, collateral)) };
      }),
    );
    for (const { listings } of this.listed) for (const listing of listings) this.byCoin.set(listing.coin, listing);
  }

  /** Every dex of the venue in its order, the main one first. */
  get dexes(): readonly DexListing[] {
    return this.listed;
  }

  /** Dexes that builders run. */
  get builderDexes(): readonly DexListing[] {
    return this.listed.filter(({ dex }) => dex !== '');
  }

  has(coin: string): boolean {
    return this.byCoin.has(coin);
  }

  szDecimals(coin: string): number {
    return this.byCoin.get(coin)?.szDecimals ?? 0;
  }

  /** Largest leverage a coin admits. */
  mostLeverage(coin: string): number {
    return this.byCoin.get(coin)?.maxLeverage ?? 1;
  }

  /** The token a coin is margined in. Throws for a coin the venue does not list. */
  collateralOf(coin: string): string {
    return present(this.byCoin.get(coin), `the listing of ${coin}`).collateral;
  }

  /** The token a dex is margined in. Throws for a dex the venue does not list. */
  collateralOfDex(dex: string): string {
    return present(
      this.listed.find((each) => each.dex === dex),
      `the listing of dex "${dex}"`,
    ).collateral;
  }

  /** The token that money in a purse is counted in: a dex holds its collateral, `spot` USDC, `spot:TOKEN` that token. */
  assetOfPurse(purse: string): string {
    const [place = '', token = 'USDC'] = purse.split(':', 2);
    return place === 'spot' ? token : this.collateralOfDex(place);
  }

  async mids(): Promise<Readonly<Record<string, string>>> {
    const answers = await Promise.all(this.listed.map(({ dex }) => this.info({ type: 'allMids', dex })));
    return Object.assign({}, ...answers.map((answer) => z.record(z.string(), z.string()).parse(answer)));
  }

  private async info(body: unknown): Promise<unknown> {
    const answer = await request(`${this.simUrl}/info`, {
      reset: true,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answer.body.json();
  }
}

function listingOf(row: z.output<typeof universeRow>, dex: string, collateral: string): Listing {
  return {
    coin: row.name,
    dex,
    collateral,
    szDecimals: row.szDecimals,
    maxLeverage: row.maxLeverage,
    margin: row.marginMode ?? (row.onlyIsolated ? 'noCross' : 'cross'),
    growth: row.growthMode === 'enabled',
    delisted: row.isDelisted,
  };
}
