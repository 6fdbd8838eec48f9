import { describe, expect, it } from 'vitest';
import { CopyBook } from './book';
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
