import { describe, expect, it } from 'vitest';
import { watchedDexes } from './watched-dexes';

const LISTED: readonly (readonly [string, string])[] = [
  ['', 'USDC'],
  ['km', 'USDH'],
  ['xyz', 'USDC'],
];
const markets = {
  dexesOf: (collateral?: string) => LISTED.filter(([, of]) => collateral === undefined || of === collateral).map(([dex]) => dex),
};

describe('dexes whose states are followed', () => {
  it.each<[string, number, readonly string[]]>([
    ['every listed one, those of the collateral first', 16, ['', 'xyz', 'km']],
    ['at most so many', 2, ['', 'xyz']],
  ])('%s', (_what, max, expected) => {
    expect(watchedDexes(markets, max)).toEqual(expected);
  });
});
