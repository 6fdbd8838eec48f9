import { describe, expect, it } from 'vitest';
import type { BrokenEngine } from './broken/break-engine';
import { BrokenHunt } from './broken-hunt';
import type { SeedOutcome } from './outcome';

const ENGINE: BrokenEngine = {
  name: 'a',
  rule: 'a rule',
  caughtBy: ['double_order', 'order_end_wrong'],
  edits: [{ file: 'a.ts', find: 'x', put: 'y' }],
};

const outcome = (broken: string | null, seed: number, kinds: readonly string[], failure: string | null = null): SeedOutcome => ({
  seed,
  broken,
  store: 'memory',
  steps: 1,
  decisions: 0,
  orders: 0,
  fills: 0,
  marks: 0,
  deaths: 0,
  copies: 0,
  kinds: {},
  digest: '',
  journal: '',
  violations: kinds.map((kind) => ({ kind, text: `${kind} ${seed}`, step: 1, at: 0, copyId: null, cloid: null })),
  failure,
  ms: 0,
  cpuMs: 0,
});

const hunt = (engines: readonly BrokenEngine[] = [ENGINE]) => new BrokenHunt(engines, () => [1, 2, 3], { steps: 1, recorded: null });
const asked = (of: BrokenHunt) => of.next().map(({ broken, seeds }) => `${broken ?? 'sound'} ${seeds.join()}`);

describe('the hunt for broken engines', () => {
  it('counts a violation the entry names once the sound engine shows none of that kind in the seed', () => {
    const one = hunt();
    expect(asked(one)).toEqual(['a 1,2,3']);
    expect(one.next()[0]?.until).toEqual(['double_order', 'order_end_wrong']);
    one.told(outcome('a', 1, []));
    one.told(outcome('a', 2, ['beyond_target', 'double_order']));
    expect(asked(one)).toEqual(['sound 2']);
    expect(one.outcomes()[0]?.caughtIn).toBeNull();
    one.told(outcome(null, 2, ['beyond_target']));
    expect(asked(one)).toEqual([]);
    expect(one.outcomes()).toEqual([{ name: 'a', rule: 'a rule', caughtIn: 2, caughtBy: 'double_order', seeds: 2, first: 'double_order 2' }]);
  });

  it('goes on where the sound engine shows the same, or could not go on itself', () => {
    const one = hunt();
    one.told(outcome('a', 1, ['double_order']));
    one.told(outcome(null, 1, ['double_order']));
    expect(asked(one)).toEqual(['a 2,3']);
    one.told(outcome('a', 2, ['order_end_wrong']));
    one.told(outcome(null, 2, [], 'stuck'));
    expect(asked(one)).toEqual(['a 3']);
    one.told(outcome('a', 3, [], 'stuck too'));
    expect(asked(one)).toEqual([]);
    expect(one.outcomes()[0]).toMatchObject({ caughtIn: null, caughtBy: null, seeds: 3, first: 'stuck too' });
  });

  it('takes another kind that the sound engine does not show', () => {
    const one = hunt();
    one.told(outcome('a', 1, ['double_order', 'order_end_wrong']));
    one.told(outcome(null, 1, ['double_order']));
    one.next();
    expect(one.outcomes()[0]).toMatchObject({ caughtIn: 1, caughtBy: 'order_end_wrong' });
  });

  it('is not caught by what its entry does not name', () => {
    const one = hunt();
    one.told(outcome('a', 1, ['beyond_target', 'defect']));
    expect(asked(one)).toEqual(['a 2,3']);
  });

  it('plays the sound engine once for a seed, whoever was told of there', () => {
    const two = hunt([ENGINE, { ...ENGINE, name: 'b' }]);
    two.told(outcome('a', 1, ['double_order']));
    two.told(outcome('b', 1, ['order_end_wrong']));
    expect(asked(two)).toEqual(['sound 1']);
    two.told(outcome(null, 1, []));
    expect(asked(two)).toEqual([]);
  });
});
