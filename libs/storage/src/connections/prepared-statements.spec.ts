import { describe, expect, it } from 'vitest';
import { PreparedStatements } from './prepared-statements';

describe('prepared statements of a connection', () => {
  it('are sent with their text once, and by name from then on', () => {
    const prepared = new PreparedStatements();
    const first = prepared.of('select 1', 0);
    const again = prepared.of('select 1', 59_999);
    const other = prepared.of('select 2', 0);
    expect([first.isNew, again.isNew, other.isNew]).toEqual([true, false, true]);
    expect(again.statement).toBe(first.statement);
    expect(other.statement.name).not.toBe(first.statement.name);
    expect(prepared.takeDropped()).toEqual([]);
  });

  it('are prepared anew after a minute, under another name, and the server forgets the old one', () => {
    const prepared = new PreparedStatements();
    const before = prepared.of('select 1', 0).statement;
    const after = prepared.of('select 1', 60_000);
    expect(after.isNew).toBe(true);
    expect(after.statement.name).not.toBe(before.name);
    expect(prepared.takeDropped()).toEqual([before.name]);
    expect(prepared.takeDropped()).toEqual([]);
  });

  it('make room for others where they were longest not used', () => {
    const prepared = new PreparedStatements();
    const used = prepared.of('select 0', 0).statement;
    const names = Array.from({ length: 127 }, (_, no) => prepared.of(`select ${no + 1}`, 0).statement.name);
    expect(prepared.of('select 0', 1).isNew).toBe(false);
    prepared.of('one more', 1);
    expect(prepared.takeDropped()).toEqual([names[0]]);
    expect(prepared.of('select 0', 1).statement).toBe(used);
    expect(prepared.of('select 1', 1).isNew).toBe(true);
  });

  it('of which nobody knows whether the server has them are forgotten by both', () => {
    const prepared = new PreparedStatements();
    const { name } = prepared.of('select 1', 0).statement;
    prepared.forget('select 1');
    prepared.forget('select 1');
    expect(prepared.takeDropped()).toEqual([name]);
    expect(prepared.of('select 1', 0).isNew).toBe(true);
  });
});
