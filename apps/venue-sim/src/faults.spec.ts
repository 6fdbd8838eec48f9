import { describe, expect, it } from 'vitest';
import { createFaults, FAULT_RULES_MAX, type FaultOrder } from './faults';

const rule = (change: Partial<FaultOrder>): FaultOrder => ({
  target: 'exchange',
  effect: { kind: 'silence' },
  when: 'before',
  count: 1,
  probability: 1,
  seed: 1,
  type: null,
  ...change,
});

describe('faults', () => {
  it('strike as often as asked and then no more', () => {
    const faults = createFaults();
    faults.add(rule({ count: 2 }));
    expect([1, 2, 3].map(() => faults.draw('exchange', 'order') !== null)).toEqual([true, true, false]);
  });

  it.each<[string, Partial<FaultOrder>, boolean]>([
    ['its target and type', { type: 'order' }, true],
    ['any type when none is named', {}, true],
    ['not another type', { type: 'cancel' }, false],
    ['not another target', { target: 'info' }, false],
  ])('strike %s', (_what, change, struck) => {
    const faults = createFaults();
    faults.add(rule(change));
    expect(faults.draw('exchange', 'order') !== null).toBe(struck);
  });

  it('give way to the next rule once spent, and count their strikes', () => {
    const faults = createFaults();
    const first = faults.add(rule({ effect: { kind: 'hang_up' } }));
    faults.add(rule({ effect: { kind: 'status', status: 502 }, count: null }));
    expect([1, 2].map(() => faults.draw('exchange', 'order')?.effect.kind)).toEqual(['hang_up', 'status']);
    expect(faults.list().find(({ id }) => id === first.id)?.struck).toBe(1);
    expect(faults.remove(first.id)).toBe(true);
    expect(faults.remove(first.id)).toBe(false);
  });

  it('strike the same share of the same requests for the same seed', () => {
    const pattern = (seed: number): string => {
      const faults = createFaults();
      faults.add(rule({ probability: 0.3, seed, count: null }));
      return Array.from({ length: 1_000 }, () => (faults.draw('exchange', 'order') === null ? '.' : 'x')).join('');
    };
    expect(pattern(5)).toBe(pattern(5));
    expect(pattern(5)).not.toBe(pattern(6));
    expect(pattern(5).replaceAll('.', '').length / 1_000).toBeCloseTo(0.3, 1);
  });

  it('never strike at probability 0 and keep a bounded number of rules', () => {
    const faults = createFaults();
    faults.add(rule({ probability: 0 }));
    expect(faults.draw('exchange', 'order')).toBeNull();
    for (let index = 0; index < FAULT_RULES_MAX + 10; index += 1) faults.add(rule({ target: 'info' }));
    expect(faults.list()).toHaveLength(FAULT_RULES_MAX);
  });
});
