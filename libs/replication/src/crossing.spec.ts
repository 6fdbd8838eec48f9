import { NO_EXPOSURE_LIMITS } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import type { AccountMember } from './account-net';
import { STATUS } from './copy-columns';
import { applyCross, type Cross, findCrosses } from './crossing';
import { EPISODE, MICRO } from './instrument-columns';
import { revalue } from './revalue';
import { dollars, entryOf, NOW, optionsOf, priceOf, priceUnits, rateOf, Stage, settingsOf, sizeOf } from './testing/book-builder';

interface Wanted {
  readonly position?: number;
  readonly target: number;
  /** Lots that mirrors filled ahead of the leader: bought above zero, sold below. */
  readonly ahead?: number;
  /** Leader price of an increment still owed. */
  readonly owed?: string;
  /** When its catch-up window ends. */
  readonly until?: number;
  readonly status?: number;
  readonly episode?: number;
  readonly mostSize?: string;
  readonly allocation?: number;
  /** Most that all copies of its leader may hold together. */
  readonly capacity?: number;
}

/** Copies of one account in books of their own, all of which see the same market. */
function crossed(
  copies: readonly Wanted[],
  book: { readonly bid?: string; readonly ask?: string; readonly at?: number; readonly markAt?: number; readonly delisted?: boolean } = {},
): readonly Cross[] {
  const { bid = '99.9', ask = '100.1', at = NOW, markAt = NOW, delisted = false } = book;
  const members = copies.map((wanted, index): AccountMember => {
    const stage = new Stage();
    const caps = {
      maxPositionSize: wanted.mostSize === undefined ? null : sizeOf(wanted.mostSize),
      maxPositionNotional: null,
      maxPositionShare: null,
      maxLeverage: null,
      maxGrossExposure: null,
      minLiquidationDistance: null,
    };
    const money = dollars(wanted.allocation ?? 1_000_000);
    const settings = settingsOf('1', { caps, venueLeverage: 1, slippage: { ...settingsOf('1').slippage, entryBound: rateOf('0.005') } });
    const row = stage.add(
      entryOf(index + 1, settings, { venueAccount: 9, status: wanted.status ?? STATUS.active, allocation: money, realEquity: money }),
    );
    if (wanted.capacity !== undefined) stage.book.setExposure(row, { ...NO_EXPOSURE_LIMITS, leaderCapacity: dollars(wanted.capacity) });
    const { sheet } = stage;
    const { rows } = sheet;
    stage.book.setBook('BTC', priceOf(bid), priceOf(ask), at);
    sheet.markAt = markAt;
    if (delisted) Object.assign(sheet, { instrument: { ...sheet.instrument, delisted } });
    rows.position[row] = wanted.position ?? 0;
    rows.entryValue[row] = Math.abs(wanted.position ?? 0) * priceUnits('100');
    rows.target[row] = wanted.target * MICRO;
    rows.aheadBuy[row] = Math.max(0, wanted.ahead ?? 0) * MICRO;
    rows.aheadSell[row] = Math.max(0, -(wanted.ahead ?? 0)) * MICRO;
    rows.episode[row] = wanted.episode ?? 0;
    if (wanted.owed !== undefined) {
      rows.owedPrice[row] = priceUnits(wanted.owed);
      rows.owedUntil[row] = wanted.until ?? NOW + 1_000;
    }
    revalue(stage.book, NOW, 5_000);
    return { book: stage.book, sheet, row };
  });
  return findCrosses(members, optionsOf(1));
}

const told = (crosses: readonly Cross[]): readonly string[] =>
  crosses.map(({ buyer, seller, lots }) => `${seller.copyNo} gives ${lots} to ${buyer.copyNo}`);

const LEAVES: Wanted = { position: 10, target: 4 };
const ENTERS: Wanted = { target: 8, owed: '100' };

describe('what crosses inside an account', () => {
  it.each<[string, readonly Wanted[], readonly string[]]>([
    ['an exit and an entry, as much as both want', [LEAVES, ENTERS], ['1 gives 6 to 2']],
    ['two exits of opposite positions', [LEAVES, { position: -3, target: 0 }], ['1 gives 3 to 2']],
    [
      'two entries of opposite sides',
      [
        { target: 5, owed: '100' },
        { target: -7, owed: '100' },
      ],
      ['2 gives 5 to 1'],
    ],
    ['nothing where both want the same side', [LEAVES, { position: 5, target: 0 }], []],
    ['nothing alone', [LEAVES], []],
    [
      'exits before entries, copies by their numbers',
      [LEAVES, ENTERS, { position: -2, target: 0 }, { position: 5, target: 0 }],
      ['1 gives 2 to 3', '1 gives 4 to 2', '4 gives 4 to 2'],
    ],
    ['the exit of a flip, not yet its entry', [{ position: 4, target: -6, owed: '100' }, ENTERS], ['1 gives 4 to 2']],
    ['less than an entry wants where a cap binds', [LEAVES, { ...ENTERS, mostSize: '2' }], ['1 gives 2 to 2']],
    ['less where the allocation binds', [LEAVES, { ...ENTERS, allocation: 350 }], ['1 gives 3 to 2']],
    ['nothing of what a mirror filled ahead of the leader', [{ position: 10, target: 4, ahead: 6 }, ENTERS], []],
    ['what is beyond that', [{ position: 10, target: 4, ahead: 2 }, ENTERS], ['1 gives 4 to 2']],
    ['nothing back of what a mirror closed ahead', [LEAVES, { position: 3, target: 8, ahead: -5, owed: '100' }], []],
    ['the exit of what a mirror closed ahead, where it is held all the same', [{ position: 10, target: 6, ahead: -4 }, ENTERS], ['1 gives 8 to 2']],
    ['no entry beyond a target, whatever was ahead of it', [LEAVES, { position: 3, target: 5, ahead: 4, owed: '100' }], ['1 gives 2 to 2']],
    [
      'nothing of a copy that is handed over',
      [
        { ...LEAVES, status: STATUS.handingOver },
        { ...ENTERS, status: STATUS.active },
      ],
      [],
    ],
    [
      'the exit of one that is closed while it is handed over',
      [{ ...LEAVES, status: STATUS.handingOver | STATUS.closing }, ENTERS],
      ['1 gives 6 to 2'],
    ],
    ['less where a limit binds that copies share', [LEAVES, { ...ENTERS, capacity: 310 }], ['1 gives 3 to 2']],
    ['no entry of a copy whose limits are passed', [LEAVES, { ...ENTERS, status: STATUS.active | STATUS.limitHalt }], []],
    ['no entry of a paused copy', [LEAVES, { ...ENTERS, status: STATUS.active | STATUS.paused }], []],
    ['no entry under a kill switch', [LEAVES, { ...ENTERS, status: STATUS.active | STATUS.killSwitch }], []],
    ['no entry of a copy the follower closed', [LEAVES, { ...ENTERS, episode: EPISODE.userClosed }], []],
    ['no entry that is not owed', [LEAVES, { target: 8 }], []],
    ['no entry whose window ended', [LEAVES, { ...ENTERS, until: NOW }], []],
    ['no entry beyond its bound', [LEAVES, { ...ENTERS, owed: '99.4' }], []],
    ['the exit of a copy that is being closed', [{ ...LEAVES, target: 0, status: STATUS.closing | STATUS.killSwitch }, ENTERS], ['1 gives 8 to 2']],
  ])('%s', (_what, copies, crosses) => {
    expect(told(crossed(copies))).toEqual(crosses);
  });

  it.each<[string, Parameters<typeof crossed>[1], number]>([
    ['a fresh book', {}, 1],
    ['a book too old', { at: NOW - 5_001 }, 0],
    ['nobody to buy', { bid: '0' }, 0],
    ['nobody to sell', { ask: '0' }, 0],
    ['a crossed book', { bid: '100.2', ask: '100.1' }, 0],
    ['an entry without a fresh mark', { markAt: NOW - 5_001 }, 0],
  ])('%s', (_what, book, count) => {
    expect(crossed([LEAVES, ENTERS], book)).toHaveLength(count);
  });

  it('what enters short fits its caps at the middle too, where that is above the mark', () => {
    const short: Wanted = { target: -7, owed: '100', allocation: 300 };
    expect(told(crossed([short, ENTERS]))).toEqual(['1 gives 3 to 2']);
    expect(told(crossed([short, ENTERS], { bid: '100.1', ask: '100.5' }))).toEqual(['1 gives 2 to 2']);
  });

  it('exits cross at the middle whatever the mark says', () => {
    const [cross] = crossed([LEAVES, { position: -3, target: 0 }], { bid: '90', ask: '91', markAt: NOW - 60_000 });
    expect([cross?.price, cross?.bid, cross?.ask]).toEqual([priceUnits('90.5'), priceUnits('90'), priceUnits('91')]);
  });

  it('of a delisted instrument exits alone, at the last mark: no book comes any more, and the venue settled the net alone', () => {
    const gone = { bid: '0', ask: '0', markAt: NOW - 3_600_000, delisted: true };
    const crosses = crossed([LEAVES, { position: -3, target: 0 }, ENTERS], gone);
    expect(told(crosses)).toEqual(['1 gives 3 to 2']);
    expect(crosses.map(({ price }) => price)).toEqual([priceUnits('100')]);
  });

  it('of a delisted instrument what a copy would keep as well: the venue holds nothing of it, and it wants it no more', () => {
    const gone = { bid: '0', ask: '0', markAt: NOW - 3_600_000, delisted: true };
    const crosses = crossed(
      [
        { position: 10, target: 0 },
        { position: -10, target: -10 },
      ],
      gone,
    );
    expect(told(crosses)).toEqual(['1 gives 10 to 2']);
    for (const cross of crosses) applyCross(cross);
    const left = crosses
      .flatMap(({ buyer, seller }) => [buyer, seller])
      .map(({ member: { sheet, row } }) => [sheet.rows.position[row], sheet.rows.target[row]]);
    expect(left).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});
