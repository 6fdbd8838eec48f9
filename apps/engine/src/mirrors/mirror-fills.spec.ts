import { MICRO, reservePending } from '@lockstep/replication';
import { entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import { NO_INTENT } from '../state/intent';
import { owedOf, writtenAhead } from './mirror-fills';

describe('what is owed of a mirror’s fill, as it is written down', () => {
  const stops = (owed: number | null) => ({ standingStops: { find: () => (owed === null ? undefined : { mirror: { owed: owed * MICRO } }) } });

  it.each<[string, owed: number | null, lots: number, paid: number, expected: number]>([
    ['nothing is owed', 0, 10, 0, 0],
    ['all of it is', 10, 8, 0, 8],
    ['a part of it is', 4, 10, 0, 4],
    ['fills before it in the same transaction were', 10, 8, 6, 4],
    ['they were all of it', 4, 8, 4, 0],
    ['the mirror is accounted for', null, 10, 0, 0],
  ])('where %s', (_what, owed, lots, paid, expected) => {
    expect(owedOf(stops(owed) as never, '0x01' as never, lots, paid * MICRO) / MICRO).toBe(expected);
  });
});

describe('what is ahead once a mirror of ten filled, as it is written down', () => {
  /** The leader bought: what is written of that, what the columns have of it, and what of their order for it is in flight. */
  interface Case {
    readonly written?: number;
    readonly target?: number;
    readonly position?: number;
    readonly inFlight?: number;
    readonly owed?: number;
    readonly before?: number;
    readonly unled?: number;
  }
  function aheadOf({ written = 0, target = written, position = 0, inFlight = 0, owed = 0, before = 0, unled = 10 }: Case): number {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settingsOf('1', { policy: 'orders' })));
    const { rows } = stage.sheet;
    [rows.target[row], rows.position[row]] = [target * MICRO, position];
    reservePending(stage.sheet, row, { buy: true, exit: false }, inFlight);
    const intent = { ...NO_INTENT, targetMicro: written * MICRO, aheadBuy: before * MICRO };
    const { aheadBuy, aheadSell } = writtenAhead(intent, rows, row, { buy: true, lots: 10, owed: owed * MICRO, unled });
    expect(aheadSell).toBe(0);
    return aheadBuy / MICRO;
  }

  it.each<[string, Case, number]>([
    ['nothing is missing', {}, 10],
    ['what is missing was missed', { written: 10 }, 0],
    ['what is missing is in flight', { written: 10, inFlight: 10 }, 10],
    ['what was missing filled by an answer whose fill is not booked', { written: 10, position: 10 }, 10],
    ['another of its fills is booked with it', { written: 10, position: 10, before: 10, unled: 20 }, 20],
    ['the move of what is in flight is not written, and will take as much off it again', { target: 10, inFlight: 10 }, 20],
    ['that move is not written and nothing of its order filled', { target: 10 }, 10],
    ['that move is not written and the fill is owed by it', { target: 10, owed: 10 }, 10],
  ])('where %s', (_what, its, expected) => {
    expect(aheadOf(its)).toBe(expected);
  });
});
