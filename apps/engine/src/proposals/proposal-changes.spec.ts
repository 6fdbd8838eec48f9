import { present, type TenantScope } from '@lockstep/kernel';
import type { Asked } from '@lockstep/replication';
import { instrumentOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { OpenProposals } from './open-proposals';
import { takeAsked } from './proposal-changes';

const NOW = 1_763_800_000_000;
const ENDS_AT = NOW + 15_000;
const instrument = instrumentOf('BTC', 2);
const copy = {
  no: 1,
  id: 'cpy_1',
  group: { leaderId: 'ldr_1', scope: { tenantId: 'ten_1', environment: 'test' } as unknown as TenantScope },
} as CopyRecord;
const asked = (lots: number, endsAt = ENDS_AT, buy = true): Asked => ({ buy, micro: lots * 1_000_000, price: 100, endsAt });

/** A follower who is asked about 100 lots until {@link ENDS_AT}, and what is told where something else is asked about. */
function asking() {
  const ids = ['pro_1', 'pro_2', 'pro_3', 'pro_4', 'pro_5', 'pro_6'];
  const proposals = new OpenProposals();
  const ctx = {
    clocks: new TestClocks(),
    proposals,
    clock: { now: () => NOW },
    ids: { next: () => present(ids.shift(), 'an id') },
  } as unknown as EngineContext;
  const first = takeAsked(ctx, copy, instrument, asked(100), NOW);
  const told = (after: Asked | null, decidedAt: number) =>
    takeAsked(ctx, copy, instrument, after, decidedAt).map(({ event, row }) => [event.type, row.status, Number(row.leftMicro) / 1_000_000]);
  return { proposals, id: first[0]?.row.id, told, open: () => proposals.get(1, 'BTC') };
}

describe('what a follower is asked about next', () => {
  it('is the same proposal while it may be approved', () => {
    const { id, told, open } = asking();
    expect(told(asked(150), ENDS_AT - 1)).toEqual([['proposal.changed', 'open', 150]]);
    expect(open()?.row.id).toBe(id);
  });

  it('is another proposal where the side turned or the time of the one before was over, also while nobody had told its end', () => {
    for (const [after, decidedAt, end] of [
      [asked(50, ENDS_AT, false), NOW, 'withdrawn'],
      [asked(50, ENDS_AT + 10_000), ENDS_AT, 'ended'],
    ] as const) {
      const { id, told, open } = asking();
      expect(told(after, decidedAt)).toEqual([
        ['proposal.ended', end, 0],
        ['proposal.made', 'open', 50],
      ]);
      expect(open()?.row.id).not.toBe(id);
    }
  });

  it('is nothing where it is over, told as the end of its time where that came first', () => {
    expect(asking().told(null, NOW)).toEqual([['proposal.ended', 'withdrawn', 0]]);
    const late = asking();
    expect(late.told(null, ENDS_AT)).toEqual([['proposal.ended', 'ended', 0]]);
    expect(late.open()).toBe(null);
  });
});
