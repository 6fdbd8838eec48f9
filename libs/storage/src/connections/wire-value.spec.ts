import { describe, expect, it } from 'vitest';
import { wireValue } from './wire-value';

describe('a parameter in text form', () => {
  it.each<[unknown, string | null]>([
    [null, null],
    [undefined, null],
    ["'; drop table x; --", "'; drop table x; --"],
    [1.5, '1.5'],
    [9_007_199_254_740_993n, '9007199254740993'],
    [false, 'false'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [{ a: [1] }, '{"a":[1]}'],
    [[], '{}'],
    [['a"b\\', null, 'NULL', ''], '{"a\\"b\\\\",NULL,"NULL",""}'],
    [[1, 2n, true], '{"1","2","true"}'],
    [[['a'], ['b']], '{{"a"},{"b"}}'],
    [[Buffer.from([255])], '{"\\\\xff"}'],
    [[new Date(0)], '{"1970-01-01T00:00:00.000Z"}'],
  ])('of %o is %o', (value, text) => {
    expect(wireValue(value)).toBe(text);
  });

  it('of bytes are the bytes, whichever view shows them', () => {
    const bytes = Buffer.from([0, 1, 255]);
    expect(wireValue(bytes)).toBe(bytes);
    expect(wireValue(new Uint8Array([9, 0, 1, 255]).subarray(1))).toEqual(bytes);
  });

  it('is none where a time is none', () => {
    expect(() => wireValue(new Date(Number.NaN))).toThrow();
  });
});
