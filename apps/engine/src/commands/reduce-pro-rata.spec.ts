import { money } from '@lockstep/kernel';
import { beginClosing, MICRO } from '@lockstep/replication';
import { at, entryOf, NOW, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { OpenProposals } from '../proposals/open-proposals';
import { CopyLedger } from '../state/copy-ledger';
import { type CopyRecord, Registry } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { reduceProRata } from './reduce-pro-rata';

/** A copy that holds 10 with its leader, and a half of whose allocation is taken: `meanwhile` happens while that is written, which is refused. */
async function refused(meanwhile: (stage: Stage, row: number) => void) {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1')));
  stage.follow('10');
  const allocation = BigInt(at(stage.book.copies.allocation, row));
  const network = { markets: { get: () => undefined }, quotes: { get: () => undefined } };
  const copy = { no: 1, id: 'cpy_a', row, group: { scope: {} }, watched: { book: stage.book, network } } as unknown as CopyRecord;
  const ledger = { sumOfCopy: async () => money(-allocation) };
  const ctx = {
    clocks: new TestClocks(),
    registry: new Registry(),
    clock: { now: () => NOW },
    limits: ENGINE_LIMITS,
    booked: new CopyLedger(),
    proposals: new OpenProposals(),
    storage: { scoped: async <T>(_scope: unknown, work: (unit: unknown) => Promise<T>) => work({ ledger }) },
  } as unknown as EngineContext;
  const lanes = { alone: async (_watched: unknown, _coin: string, work: () => Promise<void>) => work() };
  const reduced: number[] = [];
  const target = () => at(stage.sheet.rows.target, row) / MICRO;
  const write = async (): Promise<void> => {
    reduced.push(target());
    meanwhile(stage, row);
    throw new Error('the database refused the unit');
  };
  await expect(reduceProRata(ctx, { lanes } as never, copy, money(allocation / 2n), write)).rejects.toThrow('refused');
  return { reduced, after: target() };
}

describe('targets that go down with an allocation and cannot be written', () => {
  it('are what they were before', async () => {
    expect(await refused(() => undefined)).toEqual({ reduced: [5], after: 10 });
  });

  it('stay at nothing where the copy is stopped meanwhile: what is being closed is wanted no more', async () => {
    expect(await refused((stage, row) => beginClosing(stage.book, row))).toEqual({ reduced: [5], after: 0 });
  });
});
