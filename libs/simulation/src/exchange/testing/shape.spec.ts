import { describe, expect, it } from 'vitest';
import { differences, shapeOf } from './shape';

const against = (ours: Parameters<typeof shapeOf>[0], theirs: Parameters<typeof shapeOf>[0]) => differences(shapeOf(ours), shapeOf(theirs), []);

describe('the comparison of shapes', () => {
  it.each([
    ['the same', [{ a: '1.0', b: [1, 2] }], [{ a: '2.5', b: [7] }], []],
    ['a key we lack', [{ a: 1 }], [{ a: 1, b: 2 }], ['.b is missing']],
    ['a key of ours alone', [{ a: 1, c: 2 }], [{ a: 1 }], ['.c is not recorded']],
    ['a number for a text', [{ a: 1 }], [{ a: '1.0' }], ['.a is integer, recorded as decimal text']],
    ['a word for a decimal', [{ a: 'x' }], [{ a: '1.0' }], ['.a is text, recorded as decimal text']],
    ['a fraction for a whole number', [{ a: 1.5 }], [{ a: 1 }], []],
    ['null where they have a value sometimes', [{ a: null }], [{ a: null }, { a: 'x' }], []],
    ['a key they have sometimes', [{ a: 1 }], [{ a: 1 }, { a: 1, b: 2 }], []],
    ['a list of other things', [[1]], [['1']], ['[] is integer, recorded as decimal text']],
    ['nothing to compare', [[]], [['1']], ['[] is empty, so nothing is compared']],
    ['an element deep inside', [{ a: [{ b: [{ c: 1 }] }] }], [{ a: [{ b: [{ d: 1 }] }] }], ['.a[].b[].d is missing', '.a[].b[].c is not recorded']],
  ])('%s', (_name, ours, theirs, expected) => {
    expect(against(ours, theirs)).toEqual(expected);
  });

  it('lets pass what is allowed by the end of its path', () => {
    expect(differences(shapeOf([{ a: { b: 1 } }]), shapeOf([{ a: { c: 1 } }]), [{ at: '.a.b', because: 'x' }])).toEqual(['.a.c is missing']);
  });
});
