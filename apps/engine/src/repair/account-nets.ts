import { fromLots, type Instrument, type Size } from '@lockstep/kernel';
import type { VenueNet } from '@lockstep/storage';
import type { AccountState } from '@lockstep/venues/port';
import type { OwnTrades } from '../state/own-trades';
import type { AccountRecord, CopyRecord, Registry } from '../state/registry';
import { noteOwn, ownLots } from '../state/shared-accounts';
import { positionIn, stateIn } from './position-in';

/** Every instrument a copy of the account has met, once. */
export function instrumentsOf(copies: readonly CopyRecord[]): readonly Instrument[] {
  const found = new Map<string, Instrument>();
  for (const { watched } of copies) for (const { instrument } of watched.book.allSheets()) found.set(instrument.coin, instrument);
  return [...found.values()];
}

/** Nothing is noted where there never was anything: what stood before and is gone is written once. */
export function noteCompared(account: AccountRecord, coin: string, lots: number): void {
  if (lots !== 0 || account.own.has(coin)) account.own.set(coin, lots);
}

/** What the account holds in coins no copy has met is the follower's own: known before a copy meets one, and nothing where it is gone. */
export function noteUnmet(
  account: AccountRecord,
  copies: readonly CopyRecord[],
  states: readonly AccountState[],
  ownTrades: Pick<OwnTrades, 'readUnmet'>,
): void {
  const instruments = instrumentsOf(copies);
  const met = new Set(instruments.map(({ coin }) => coin));
  for (const coin of account.own.keys()) {
    const instrument = instrumentOf(account, coin);
    if (!met.has(coin) && instrument !== undefined && stateIn(states, instrument) !== undefined) account.own.set(coin, 0);
  }
  for (const { positions } of states) for (const { coin, size } of positions) if (!met.has(coin)) noteOwn(account, coin, size);
  for (const state of states) ownTrades.readUnmet(account, state, instruments);
}

/**
 * What is written of an account's nets. The follower's part in a coin that copies have met is what the comparison found it to be, not the net less what is booked:
 * an order that just filled is in the net before it is booked, and a start must not take it for the follower's.
 */
export function netsOf(registry: Registry, account: AccountRecord, met: readonly Instrument[], states: readonly AccountState[]): readonly VenueNet[] {
  const coins = new Map(met.map((instrument) => [instrument.coin, instrument]));
  const ownOf = (instrument: Instrument): Size => fromLots(instrument, ownLots(registry, account, instrument.coin));
  const nets: VenueNet[] = [];
  for (const { positions, time } of states) {
    for (const { coin, size, entryPrice } of positions) {
      const instrument = coins.get(coin);
      const own = instrument === undefined ? size : ownOf(instrument);
      nets.push({ venueAccountNo: account.no, coin, net: size, own, entryPrice, asOfMs: time });
    }
  }
  // What the venue does not list: a net of nothing may be an own position of the copies' size against them, and one that was closed leaves a row that says otherwise.
  for (const coin of account.own.keys()) {
    const instrument = coins.get(coin) ?? instrumentOf(account, coin);
    const state = instrument === undefined ? undefined : stateIn(states, instrument);
    if (instrument === undefined || state === undefined || positionIn(states, instrument) !== undefined) continue;
    nets.push({ venueAccountNo: account.no, coin, net: 0n, own: ownOf(instrument), entryPrice: 0n, asOfMs: state.time });
  }
  return nets;
}

/** What is written as level needs no second word: a coin in which nothing of the follower's own is left is forgotten. */
export function forgetLevel(account: AccountRecord, written: readonly VenueNet[]): void {
  for (const { coin, net, own } of written) if (net === 0n && own === 0n && account.own.get(coin) === 0) account.own.delete(coin);
}

const instrumentOf = (account: AccountRecord, coin: string): Instrument | undefined => account.network.markets.get(coin)?.instrument;
