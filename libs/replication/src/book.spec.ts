import { describe, expect, it } from 'vitest';
import { CopyBook } from './book';
import { STATUS } from './copy-columns';
import { entryOf, instrumentOf, settingsOf } from './testing/book-builder';

describe('an instrument listed anew', () => {
  const first = instrumentOf('X', 2, 10);

  it('acts under its new asset id, margin mode and maximum leverage; positions stand', () => {
    const book = new CopyBook();
    const row = book.addCopy(entryOf(1, settingsOf('1')));
    const sheet = book.sheet(first);
    sheet.rows.position[row] = 7;
    const listed = { ...first, assetId: first.assetId + 5, onlyIsolated: true, maxLeverage: 3 };
    expect(book.relist(listed)).toBe(true);
    expect(book.sheet(listed)).toBe(sheet);
    expect([sheet.instrument, sheet.rows.position[row]]).toEqual([listed, 7]);
  });

  it('with another lot size is not taken: everything held is counted in lots of the old one', () => {
    const book = new CopyBook();
    const sheet = book.sheet(first);
    expect(book.relist({ ...first, szDecimals: 3 })).toBe(false);
    expect(sheet.instrument).toEqual(first);
  });

  it('that nobody trades needs nothing', () => {
    expect(new CopyBook().relist({ ...first, szDecimals: 3 })).toBe(true);
  });
});

describe('what a copy is halted by', () => {
  it('counts each time it sets in, lifted since or not, and nothing that is only not known', () => {
    const book = new CopyBook();
    const row = book.addCopy(entryOf(1, settingsOf('1')));
    const set = (bits: number, on: boolean): number | undefined => {
      book.setStatus(row, bits, on);
      return book.copies.halts[row];
    };
    expect([set(STATUS.paused, true), set(STATUS.paused, true), set(STATUS.paused, false), set(STATUS.paused, true)]).toEqual([1, 1, 1, 2]);
    expect([set(STATUS.killSwitch, true), set(STATUS.staleTruth, true), set(STATUS.leaderUnseen, true)]).toEqual([3, 3, 3]);
  });

  it('begins anew with the next copy of its row', () => {
    const book = new CopyBook();
    book.setStatus(book.addCopy(entryOf(1, settingsOf('1'))), STATUS.paused, true);
    book.removeCopy(1);
    expect(book.copies.halts[book.addCopy(entryOf(2, settingsOf('1')))]).toBe(0);
  });
});
