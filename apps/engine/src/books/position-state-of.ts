import { type Instrument, present } from '@lockstep/kernel';
import { averageEntry } from '@lockstep/ledger';
import { EPISODE, type InstrumentSheet, microToSize, reasonAt } from '@lockstep/replication';
import type { PositionState } from '@lockstep/storage';
import type { BookedPosition } from '../state/copy-ledger';
import type { Intent } from '../state/intent';
import type { CopyRecord } from '../state/registry';

/** Everything kept of a copy in one instrument: money from the venue's fills, intent from the last journaled wave. */
export function positionStateOf(copyNo: number, instrument: Instrument, booked: BookedPosition, intent: Intent): PositionState {
  return {
    copyNo,
    coin: instrument.coin,
    position: booked.book.quantity,
    target: microToSize(instrument, intent.targetMicro),
    targetMicro: BigInt(intent.targetMicro),
    rho: BigInt(intent.rho),
    avgEntry: averageEntry(booked.book),
    entryValue: booked.book.cost,
    realisedPnl: booked.realised,
    fees: booked.fees,
    funding: booked.funding,
    forfeited: microToSize(instrument, intent.forfeitedMicro),
    forfeitedMicro: BigInt(intent.forfeitedMicro),
    forfeitReason: intent.forfeitedMicro === 0 ? null : reasonAt(intent.forfeitReason),
    episodeNo: booked.episodeNo,
    episodeBits: intent.episodeBits,
    userClosed: (intent.episodeBits & EPISODE.userClosed) !== 0,
    // A cross inside the account may have closed it since.
    dust: (intent.episodeBits & EPISODE.dustPending) !== 0 && booked.book.quantity !== 0n,
    owedPrice: BigInt(intent.owedPrice),
    owedUntilMs: intent.owedUntilMs,
    lastWave: intent.lastWave,
    attempt: intent.attempt,
    adds: intent.adds,
    aheadBuy: BigInt(intent.aheadBuy),
    aheadSell: BigInt(intent.aheadSell),
  };
}

/** The sheet of a coin in the copy's book; it exists wherever the copy ever had a position or a target. */
export const sheetOf = (copy: CopyRecord, coin: string): InstrumentSheet =>
  present(copy.watched.book.findSheet(coin), `sheet of ${coin} in the book of watched account ${copy.watched.no}`);
