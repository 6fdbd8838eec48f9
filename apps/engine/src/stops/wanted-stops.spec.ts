import { type CopyBook, STATUS } from '@lockstep/replication';
import { breakerOf, dollars, entryOf, instrumentOf, NOW, priceOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import type { CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { wantedStops } from './wanted-stops';

const BREAKER = breakerOf({ lossMoney: dollars(100) });

interface Case {
  readonly breaker?: Partial<typeof BREAKER>;
  readonly venue?: Partial<Record<'triggerOrders' | 'clientOrderId' | 'nonceNoop' | 'reduceOnly', boolean>>;
  readonly account?: { readonly signs?: boolean; readonly truthStale?: boolean };
  /** Seconds since the mark came. */
  readonly markAge?: number;
  readonly mark?: string;
  /** What the follower holds of their own beside the copies, as last compared, in lots. */
  readonly beside?: number;
  /** Another copy of the account and what it holds, in lots. */
  readonly other?: number;
  readonly also?: (book: CopyBook, row: number) => void;
}

/** A copy holds 10 bought at 100 and may lose 100; what is wanted in words. */
function wanted(given: Case): string {
  const stage = new Stage();
  const settings = settingsOf('1', { breaker: { ...BREAKER, ...given.breaker } });
  const row = stage.add(entryOf(1, settings, { status: STATUS.active }));
  stage.follow('10');
  const capabilities = { triggerOrders: true, clientOrderId: true, nonceNoop: true, reduceOnly: true, ...given.venue };
  const network = { venue: { capabilities, workingOrders: {} } };
  const account = { signs: true, truthStale: false, network, ...given.account };
  const copy = { no: 1, row, account, settings, watched: { book: stage.book } } as unknown as CopyRecord;
  const otherRow = stage.add(entryOf(2, settings));
  stage.sheet.rows.position[otherRow] = given.other ?? 0;
  const other = { ...copy, no: 2, row: otherRow };
  stage.sheet.rows.beside[row] = given.beside ?? 0;
  stage.book.setMark('BTC', priceOf(given.mark ?? '100'), NOW);
  given.also?.(stage.book, row);
  const now = NOW + (given.markAge ?? 0) * 1_000;
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => now },
    limits: ENGINE_LIMITS,
    registry: { copiesOf: () => [copy, other] },
  } as unknown as EngineContext;
  const wishes = wantedStops(ctx, copy);
  if (wishes === null) return 'whatever stands';
  return (
    wishes
      .map(({ stop }) => {
        if (stop === null || stop === 'keep') return stop ?? 'nothing';
        return `${stop.buy ? 'buy' : 'sell'} ${Number(stop.size) / 1e8} at ${Number(stop.trigger) / 1e8}`;
      })
      .join(', ') || 'nothing at all'
  );
}

describe('the stop that is wanted of a copy', () => {
  it.each<[string, Case, string]>([
    ['stands where the limit would be met', {}, 'sell 10 at 90'],
    ['stands at the same price wherever the mark is', { mark: '95' }, 'sell 10 at 90'],
    ['is kept once the limit is met: everything is being closed', { mark: '90' }, 'keep'],
    ['is none without a limit', { breaker: { lossMoney: null } }, 'nothing at all'],
    ['is none with the setting off', { breaker: { protectiveStop: false } }, 'nothing at all'],
    ['is none where the venue takes no trigger orders', { venue: { triggerOrders: false } }, 'nothing at all'],
    ['is none where nothing settles an unknown one', { venue: { nonceNoop: false } }, 'nothing at all'],
    ['is left while the account is not known', { account: { truthStale: true } }, 'whatever stands'],
    ['is left while nothing can be signed', { account: { signs: false } }, 'whatever stands'],
    ['is left while the mark is old', { markAge: 6 }, 'whatever stands'],
    ['is none beside a position of the follower’s own', { beside: 1 }, 'nothing'],
    ['is smaller against one', { beside: -4 }, 'sell 6 at 90'],
    ['is none where another copy holds the same side', { other: 1 }, 'nothing'],
    ['stands where another copy holds the other side, less what that takes', { other: -4 }, 'sell 6 at 90'],
    ['is smaller against both another copy and the follower’s own', { other: -4, beside: -2 }, 'sell 4 at 90'],
    ['is none beside the follower’s own, whatever another copy holds', { other: -4, beside: 1 }, 'nothing'],
    ['is none beside another copy, whatever the follower holds', { other: 1, beside: -4 }, 'nothing'],
    ['is none where others hold all of it on the other side', { other: -7, beside: -3 }, 'nothing'],
    ['is none while the copy is handed over', { also: (book, row) => book.setStatus(row, STATUS.handingOver, true) }, 'nothing at all'],
    [
      'stands while it is closed though it was to be handed over',
      { also: (book, row) => book.setStatus(row, STATUS.handingOver | STATUS.closing, true) },
      'sell 10 at 90',
    ],
    ['stands while the copy is paused', { also: (book, row) => book.setStatus(row, STATUS.paused, true) }, 'sell 10 at 90'],
    ['is none where the row is another copy’s by now', { also: (book, row) => book.copies.copyNo.fill(3, row, row + 1) }, 'nothing at all'],
    [
      'shares the limit with another instrument',
      {
        also: (book, row) => {
          const sheet = book.sheet(instrumentOf('ETH', 1));
          book.setMark('ETH', priceOf('1000'), NOW);
          sheet.rows.position[row] = -sheet.lotsPerUnit;
          sheet.rows.entryValue[row] = Number(dollars(1_000));
        },
      },
      'sell 10 at 95, buy 1 at 1050',
    ],
  ])('%s', (_what, given, expected) => {
    expect(wanted(given)).toBe(expected);
  });
});
