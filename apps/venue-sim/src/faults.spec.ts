import { describe, expect, it } from 'vitest';
import { createFaults, FAULT_RULES_MAX, type FaultOccasion, type FaultOrder } from './faults';

const rule = (change: Partial<FaultOrder>): FaultOrder => ({
  target: 'exchange',
  effect: { kind: 'silence' },
  when: 'before',
  skip: 0,
  count: 1,
  probability: 1,
  seed: 1,
  type: null,
  transport: null,
  ...change,
});
const AN_ORDER: FaultOccasion = { target: 'exchange', type: 'order', transport: 'http' };

describe('faults', () => {
  it('strike as often as asked and then no more', () => {
    const faults = createFaults();
    faults.add(rule({ count: 2 }));
    expect([1, 2, 3].map(() => faults.draw(AN_ORDER) !== null)).toEqual([true, true, false]);
  });

  it.each<[string, Partial<FaultOrder>, boolean]>([
    ['its target and type', { type: 'order' }, true],
    ['any type when none is named', {}, true],
    ['not another type', { type: 'cancel' }, false],
    ['not another target', { target: 'info' }, false],
    ['its way', { transport: 'http' }, true],
    ['not another way', { transport: 'socket' }, false],
  ])('strike %s', (_what, change, struck) => {
    const faults = createFaults();
    faults.add(rule(change));
    expect(faults.draw(AN_ORDER) !== null).toBe(struck);
  });

  it('let as many pass first as asked, of what they match', () => {
    const faults = createFaults();
    faults.add(rule({ skip: 2, type: 'order' }));
    faults.draw({ ...AN_ORDER, type: 'cancel' });
    expect([1, 2, 3, 4].map(() => faults.draw(AN_ORDER) !== null)).toEqual([false, false, true, false]);
  });

  it('give way to the next rule once spent, and count their strikes', () => {
    const faults = createFaults();
    const first = faults.add(rule({ effect: { kind: 'hang_up' } }));
    faults.add(rule({ effect: { kind: 'status', status: 502 }, count: null }));
    expect([1, 2].map(() => faults.draw(AN_ORDER)?.effect.kind)).toEqual(['hang_up', 'status']);
    expect(faults.list().find(({ id }) => id === first.id)?.struck).toBe(1);
    expect(faults.remove(first.id)).toBe(true);
    expect(faults.remove(first.id)).toBe(false);
  });

  it('strike the same share of the same requests for the same seed', () => {
    const pattern = (seed: number): string => {
      const faults = createFaults();
      faults.add(rule({ probability: 0.3, seed, count: null }));
      return Array.from({ length: 1_000 }, () => (faults.draw(AN_ORDER) === null ? '.' : 'x')).join('');
    };
    expect(pattern(5)).toBe(pattern(5));
    expect(pattern(5)).not.toBe(pattern(6));
    expect(pattern(5).replaceAll('.', '').length / 1_000).toBeCloseTo(0.3, 1);
  });

  it('never strike at probability 0 and keep a bounded number of rules', () => {
    const faults = createFaults();
    faults.add(rule({ probability: 0 }));
    expect(faults.draw(AN_ORDER)).toBeNull();
    for (let index = 0; index < FAULT_RULES_MAX + 10; index += 1) faults.add(rule({ target: 'info' }));
    expect(faults.list()).toHaveLength(FAULT_RULES_MAX);
  });
});
