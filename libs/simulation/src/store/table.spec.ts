import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../clock/random';
import { findIn, indexOf, Table } from './table';
import { KeyBroken, Undo } from './transaction';

interface Row {
  readonly id: string;
  readonly owner: string | null;
  readonly size: number;
}

const row = (id: string, owner: string | null, size = 0): Row => ({ id, owner, size });

function owned() {
  const table = new Table<Row>('rows');
  return { table, byOwner: indexOf(table, ({ owner }) => owner) };
}

describe('an index of a table', () => {
  it('finds the rows of a value in the order they were written, as they are now', () => {
    const { table, byOwner } = owned();
    for (const one of [row('a', 'x'), row('b', 'y'), row('c', 'x'), row('d', null)]) table.insert(new Undo(false), one.id, one);
    table.put(new Undo(false), 'a', row('a', 'x', 7));
    expect(byOwner.of('x')).toEqual([row('a', 'x', 7), row('c', 'x')]);
    expect(byOwner.first('y')).toEqual(row('b', 'y'));
    expect(byOwner.of('z')).toEqual([]);
    expect(byOwner.first('z')).toBeUndefined();
  });

  it('leaves out a row that was refused', () => {
    const { table, byOwner } = owned();
    table.insert(new Undo(false), 'a', row('a', 'x'));
    expect(() => table.insert(new Undo(false), 'a', row('a', 'y'))).toThrow(KeyBroken);
    expect(byOwner.of('y')).toEqual([]);
    expect(byOwner.of('x')).toEqual([row('a', 'x')]);
  });

  it.each([1, 2, 3, 4, 5])('says what a look at every row says, whatever was written and undone, seed %i', (seed) => {
    const random = new SeededRandom(seed);
    const { table, byOwner } = owned();
    const owners = ['x', 'y', 'z', null] as const;
    for (let transaction = 0; transaction < 200; transaction += 1) {
      const undo = new Undo(false);
      for (let write = random.below(5); write > 0; write -= 1) {
        const made = row(`row ${random.below(12)}`, random.pick(owners), random.below(100));
        if (random.below(4) === 0) table.delete(undo, made.id);
        else table.put(undo, made.id, made);
      }
      if (random.below(3) === 0) undo.all();
      for (const owner of ['x', 'y', 'z'])
        expect(sorted(byOwner.of(owner)), `seed ${seed}, transaction ${transaction}`).toEqual(sorted(table.filter((one) => one.owner === owner)));
    }
  });
});

describe('looking for rows', () => {
  const { table } = owned();
  for (const one of [row('a', 'x', 3), row('b', 'y', 1), row('c', 'x', 2)]) table.insert(new Undo(false), one.id, one);

  const cases: readonly { readonly by: string; readonly where: Partial<Row>; readonly ids: readonly string[] }[] = [
    { by: 'an id', where: { id: 'b' }, ids: ['b'] },
    { by: 'an id and a value it has not', where: { id: 'b', owner: 'x' }, ids: [] },
    { by: 'an id nobody has', where: { id: 'q' }, ids: [] },
    { by: 'a value', where: { owner: 'x' }, ids: ['c', 'a'] },
    { by: 'nothing', where: {}, ids: ['b', 'c', 'a'] },
  ];

  it.each(cases)('by $by', ({ where, ids }) => {
    expect(findIn(table, where, { orderBy: { size: 'ASC' } }).map(({ id }) => id)).toEqual(ids);
  });
});

const sorted = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
