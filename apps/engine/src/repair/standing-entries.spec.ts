import { MICRO } from '@lockstep/replication';
import { dollars, entryOf, NOW, Stage, settingsOf, sizeOf } from '@lockstep/replication/testing/book-builder';
import { type CopySettings, defaultCopySettings, NO_EXPOSURE_LIMITS } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import type { OpenOrder } from '../state/open-orders';
import { mayRest } from './standing-entries';

const SLIPPAGE = { ...defaultCopySettings().slippage, onBreach: 'rest' as const };
const settings = (part: Partial<CopySettings> = {}): CopySettings => settingsOf('1', { slippage: SLIPPAGE, ...part });
const { caps } = settings();

/** An entry to buy five that stands at its bound, of a copy with limits it may come to. */
function standing() {
  const stage = new Stage();
  const { book, sheet } = stage;
  const row = book.addCopy(entryOf(1, settings({ caps: { ...caps, maxPositionSize: sizeOf('5') } }), { follower: 0 }));
  sheet.leaderLots = 5;
  sheet.rows.target[row] = 5 * MICRO;
  sheet.rows.pendingBuy[row] = 5;
  const { halts } = book.copies;
  const rest = { until: NOW + 60_000, leaderReductions: 0, halts: halts[row] ?? 0 };
  const order = { rest, copy: { no: 1, row, watched: { book, leaving: new Map() } }, sheet, buy: true } as unknown as OpenOrder;
  return { ...stage, book, row, rests: () => mayRest({ clock: { now: () => NOW, monotonic: () => 0 } }, order) };
}

describe('an entry that stands', () => {
  it.each<[string, (stage: ReturnType<typeof standing>) => void]>([
    ['a limit of the copy is lowered', ({ book, row }) => book.setSettings(row, settings({ caps: { ...caps, maxPositionSize: sizeOf('4') } }), 2)],
    ['its catch-up window is shortened', ({ book, row }) => book.setSettings(row, settings({ catchUpMs: 1_000 }), 2)],
    ['increases have to be approved from now on', ({ book, row }) => book.setSettings(row, settings({ approveWithinMs: 60_000 }), 2)],
    ['a limit it shares with others is lowered', ({ book, row }) => book.setExposure(row, { ...NO_EXPOSURE_LIMITS, followerGross: dollars(100) })],
    ['money is to leave the copy', ({ book, row }) => book.awaitAllocation(row, dollars(100))],
    ['money left the copy', ({ book, row }) => book.changeAllocation(row, dollars(100))],
  ])('stands no more once %s: a new one leaves within what binds the copy then', (_what, happens) => {
    const stage = standing();
    expect(stage.rests()).toBe(true);
    happens(stage);
    expect(stage.rests()).toBe(false);
  });

  it.each<[string, (stage: ReturnType<typeof standing>) => void]>([
    ['money comes to the copy', ({ book, row }) => book.changeAllocation(row, dollars(2_000_000))],
    ['more money is asked for', ({ book, row }) => book.awaitAllocation(row, dollars(2_000_000))],
  ])('goes on standing where %s', (_what, happens) => {
    const stage = standing();
    happens(stage);
    expect(stage.rests()).toBe(true);
  });
});
