import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayLiteral } from './array-literal';

/** Reads a one-dimensional literal back by PostgreSQL's rules. */
function read(literal: string): (string | null)[] {
  const elements: (string | null)[] = [];
  const pattern = /"((?:[^"\\]|\\.)*)"|([^,{}]+)/gsu;
  for (const match of literal.slice(1, -1).matchAll(pattern)) {
    if (match[1] !== undefined) elements.push(match[1].replace(/\\(.)/gsu, '$1'));
    else elements.push(match[2] === 'NULL' ? null : (match[2] ?? ''));
  }
  return elements;
}

describe('an array literal', () => {
  it('reads back as the texts it was made of, whatever they hold', () => {
    const awkward = fc.constantFrom('', 'NULL', '{a,b}', '\\"', ' ', 'a"b\\', 'ü€😀');
    const texts = fc.array(fc.option(fc.oneof(fc.string({ maxLength: 12 }), awkward)), { maxLength: 8 });
    fc.assert(
      fc.property(texts, (values) => {
        expect(read(arrayLiteral(true, values))).toEqual(values);
      }),
    );
  });

  it.each([
    [[], '{}'],
    [[1, 2.5, null], '{1,2.5,NULL}'],
    [['9007199254740993', '-1'], '{9007199254740993,-1}'],
    [[true, false], '{true,false}'],
    [[new Date(0)], '{"1970-01-01T00:00:00.000Z"}'],
    [[Buffer.from([255, 0])], '{"\\\\xff00"}'],
  ])('of %j is %s', (values, literal) => {
    expect(arrayLiteral(false, values)).toBe(literal);
  });

  it('carries JSON values as text', () => {
    expect(read(arrayLiteral(true, [{ a: '"' }]))).toEqual(['{"a":"\\""}']);
  });
});
