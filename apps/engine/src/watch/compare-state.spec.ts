import { money, price, type Size, size } from '@lockstep/kernel';
import type { AccountState } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { differencesOf } from './compare-state';

const DEXES: Readonly<Record<string, string>> = { ETH: '', SOL: '', 'xyz:TSLA': 'xyz' };
/** The states are of time 1. */
const NEWEST_FILLS: Readonly<Record<string, number>> = { ETH: 1, SOL: 2 };
type Held = Readonly<Record<string, number>>;
const sizes = (held: Held): Map<string, Size> => new Map(Object.entries(held).map(([coin, lots]) => [coin, size(BigInt(lots))]));

const state = (dex: string, held: Held): AccountState => ({
  address: '0xa',
  dex,
  accountValue: money(1n),
  pooled: false,
  withdrawable: money(1n),
  positions: [...sizes(held)].map(([coin, position]) => ({
    coin,
    size: position,
    entryPrice: price(1n),
    leverage: 1,
    cross: true,
    marginUsed: money(0n),
    unrealisedPnl: money(0n),
  })),
  time: 1,
});

/** The same positions with everything else about them changed. */
const withTerms = (of: AccountState): AccountState => ({
  ...of,
  accountValue: money(9n),
  positions: of.positions.map((position) => ({ ...position, leverage: 20, cross: false, marginUsed: money(7n), entryPrice: price(2n) })),
});

describe('what the states of a leader say about its known positions', () => {
  const held = { ETH: 5, 'xyz:TSLA': 3 };
  it.each<[string, Held, readonly AccountState[], readonly string[]]>([
    ['one dex of two could not be read: nothing is said of its coins', held, [state('', { ETH: 5 })], []],
    ['one dex of two could not be read: the other is compared', held, [state('', { ETH: 4 })], ['ETH 5 → 4']],
    ['both were read and one is flat', held, [state('', { ETH: 5 }), state('xyz', {})], ['xyz:TSLA 3 → 0']],
    ['both were read and both are flat', held, [state('', {}), state('xyz', {})], ['ETH 5 → 0', 'xyz:TSLA 3 → 0']],
    ['none could be read', held, [], []],
    ['a coin traded since the state was read is not judged by it', { SOL: 5, ETH: 2 }, [state('', { ETH: 1 })], ['ETH 2 → 1']],
    ['a coin the venue does not list is not judged', { NEW: 7 }, [state('', {}), state('xyz', {})], []],
    ['a coin that is only in the state is no difference: it is where the leader stands', { ETH: 5 }, [state('', { ETH: 5, SOL: 1 })], []],
    [
      'more margin, another leverage, another margin mode and a better entry are no difference: what counts is how much is held',
      { ETH: 5 },
      [withTerms(state('', { ETH: 5 }))],
      [],
    ],
  ])('%s', (_what, known, states, expected) => {
    const found = differencesOf(
      sizes(known),
      states,
      (coin) => DEXES[coin],
      (coin) => NEWEST_FILLS[coin] ?? 0,
    );
    expect(found.map(({ coin, known: before, found: now }) => `${coin} ${before} → ${now}`)).toEqual(expected);
  });
});
