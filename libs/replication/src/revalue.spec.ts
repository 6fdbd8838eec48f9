import { describe, expect, it } from 'vitest';
import type { InstrumentRows } from './instrument-columns';
import { inFlightLots, reachOf } from './revalue';

interface InFlight {
  readonly held: number;
  readonly buying?: number;
  readonly exitBuying?: number;
  readonly selling?: number;
  readonly exitSelling?: number;
}

const rowsOf = ({ held, buying = 0, exitBuying = 0, selling = 0, exitSelling = 0 }: InFlight): InstrumentRows => {
  const columns = {
    position: held,
    pendingBuy: buying,
    pendingExitBuy: exitBuying,
    pendingSell: selling,
    pendingExitSell: exitSelling,
    standingBuy: 0,
    standingSell: 0,
  };
  return Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, Float64Array.of(value)])) as unknown as InstrumentRows;
};

describe('the most that what is held and in flight may come to', () => {
  it.each<[string, InFlight, number]>([
    ['nothing', { held: 0 }, 0],
    ['what is held', { held: -5 }, 5],
    ['an entry adds to it', { held: 5, buying: 3 }, 8],
    ['a flip: the exit closes, the entry opens', { held: -5, buying: 8, exitBuying: 5 }, 5],
    ['a larger flip', { held: -5, buying: 12, exitBuying: 5 }, 7],
    [
      'an entry of before the turn whose outcome is not known, against what is held: it may fill after that is closed',
      { held: -536, buying: 549 },
      549,
    ],
    ['the same on the other side', { held: 536, selling: 549 }, 549],
    ['half of it is being closed', { held: -5, buying: 10, exitBuying: 3 }, 7],
  ])('%s', (_what, row, lots) => {
    expect(inFlightLots(rowsOf(row), 0)).toBe(lots);
  });

  it('is never less than a side may come to, whatever is held and in flight', () => {
    const some = [0, 3, 7];
    for (const held of [-5, 0, 5])
      for (const buying of some)
        for (const selling of some)
          for (const exitBuying of some.filter((lots) => lots <= buying && lots <= Math.max(0, -held)))
            for (const exitSelling of some.filter((lots) => lots <= selling && lots <= Math.max(0, held))) {
              const rows = rowsOf({ held, buying, exitBuying, selling, exitSelling });
              expect(inFlightLots(rows, 0)).toBe(Math.max(reachOf(rows, 0, true), reachOf(rows, 0, false)));
            }
  });
});
