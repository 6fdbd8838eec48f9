import type { DemoVenue } from '../options';

/** What the pieces trade on a venue. */
export interface Coins {
  /** Falls in the breaker piece, so nothing else may be traded in it. */
  readonly falling: string;
  readonly other: string;
  readonly netting: string;
  readonly stopping: string;
}

const MAIN: Coins = { falling: 'UNI', other: 'ZEC', netting: 'ETH', stopping: 'SOL' };
/** On a venue where the leaders of the demo trade on builder dexes alone, the pieces do too. */
const COINS: Readonly<Record<DemoVenue, Coins>> = {
  hyperliquid: MAIN,
  'perps-studio': MAIN,
  hip3: { falling: 'xyz:NVDA', other: 'xyz:GOLD', netting: 'hyna:ETH', stopping: 'hyna:BTC' },
};

export const coinsOf = (venue: DemoVenue): Coins => COINS[venue];
