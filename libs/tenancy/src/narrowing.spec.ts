import { makeId } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { isInside, narrowingOf } from './narrowing';

const zeros = new Uint8Array(10);
const [leader, other] = [makeId('leader', 1, zeros), makeId('leader', 2, zeros)];
const [follower, copy] = [makeId('follower', 1, zeros), makeId('copy', 1, zeros)];

describe('a narrowing', () => {
  it('is of the kind of its ids; without ids there is none', () => {
    expect(narrowingOf([])).toBeNull();
    expect(narrowingOf([leader, other])).toEqual({ kind: 'leader', ids: [leader, other] });
    expect(narrowingOf([follower])?.kind).toBe('follower');
    expect(narrowingOf([copy])?.kind).toBe('copy');
  });

  it('of ids nobody can read reaches nothing', () => {
    const narrowing = narrowingOf(['ord_x']);
    expect(narrowing !== null && [leader, copy, 'ord_x'].some((id) => isInside(narrowing, { leader: id, follower: id, copy: id }))).toBe(false);
  });

  it.each([
    [[leader], { leader, follower, copy }, true],
    [[leader], { leader: other, follower, copy }, false],
    [[leader, other], { leader: other }, true],
    [[leader], { follower, copy }, false],
    [[follower], { leader }, false],
    [[copy], { copy: null }, false],
    [[copy], { copy, leader: other }, true],
    [[copy], {}, false],
  ])('to %j holds %j: %s', (ids, object, inside) => {
    const narrowing = narrowingOf(ids);
    expect(narrowing !== null && isInside(narrowing, object)).toBe(inside);
  });
});
