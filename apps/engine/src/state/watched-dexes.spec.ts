import { describe, expect, it } from 'vitest';
import { watchedDexes } from './watched-dexes';

const LISTED: readonly (readonly [string, string])[] = [
  ['', 'USDC'],
  ['eu', 'EURC'],
  ['km', 'USDH'],
  ['xyz', 'USDC'],
];
const markets = {
  dexesOf: () => LISTED.map(([dex]) => dex),
  dollarClearinghouses: () => LISTED.filter(([, collateral]) => collateral !== 'EURC').map(([dex, collateral]) => ({ dex, collateral })),
};

describe('dexes whose states are followed', () => {
  it.each<[string, number, readonly string[]]>([
    ['every listed one, those in dollars first', 16, ['', 'km', 'xyz', 'eu']],
    ['at most so many', 2, ['', 'km']],
  ])('%s', (_what, max, expected) => {
    expect(watchedDexes(markets, max)).toEqual(expected);
  });
});
