import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns';

describe('turns', () => {
  it('go round the owners, and within an owner by arrival', () => {
    const turns = new Turns<string>();
    for (const thing of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) turns.add(thing.slice(0, 1), thing);
    const left: (string | undefined)[] = [];
    for (let no = 0; no < 7; no += 1) left.push(turns.next());
    expect(left).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined]);
    expect(turns.size).toBe(0);
  });

  it('pass over an owner whose first may not leave, and keep its place', () => {
    const turns = new Turns<string>();
    for (const thing of ['a1', 'a2', 'b1']) turns.add(thing.slice(0, 1), thing);
    const notA1 = (_owner: string, thing: string): boolean => thing !== 'a1';
    expect([turns.next(notA1), turns.next(notA1), turns.next(), turns.next()]).toEqual(['b1', undefined, 'a1', 'a2']);
  });

  it('lose what is taken out', () => {
    const turns = new Turns<string>();
    for (const thing of ['a1', 'a2']) turns.add('a', thing);
    expect([turns.remove('a', 'a1'), turns.remove('a', 'a1'), turns.remove('b', 'a2'), turns.size]).toEqual([true, false, false, 1]);
    expect(turns.next()).toBe('a2');
  });

  it('let nobody wait for more than one of each other owner, whatever the others have waiting', () => {
    const owners = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(owners, (asked) => {
        const turns = new Turns<number>();
        for (const [no, owner] of asked.entries()) turns.add(owner, no);
        turns.add('late', -1);
        let before = 0;
        while (turns.next() !== -1) before += 1;
        expect(before).toBeLessThanOrEqual(4);
      }),
    );
  });
});
