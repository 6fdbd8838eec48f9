import type { InstrumentSheet } from '@lockstep/replication';
import type { WatchedAccount } from './registry';

/** Told of an instrument that is new to a leader's book, before anything is planned there: his copies have to be told what is known of their accounts in it. */
export type OnAppeared = (watched: WatchedAccount, sheet: InstrumentSheet) => void;

/** The sheet of a coin in a leader's book, told of where it is new; null: the venue's list does not name the coin. */
export function meetInstrument(watched: WatchedAccount, coin: string, onAppeared: OnAppeared): InstrumentSheet | null {
  const known = watched.book.findSheet(coin);
  if (known !== undefined) return known;
  const view = watched.network.markets.get(coin);
  if (view === undefined) return null;
  const sheet = watched.book.sheet(view.instrument);
  onAppeared(watched, sheet);
  return sheet;
}
