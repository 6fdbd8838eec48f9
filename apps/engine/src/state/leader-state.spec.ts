import { money } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { LeaderState } from './leader-state';

const state = (equity: bigint, time: number, dex = '', pooled = false) => ({
  address: '0xa',
  dex,
  accountValue: money(equity),
  pooled,
  withdrawable: money(0n),
  positions: [],
  time,
});

describe('leader equity', () => {
  it('is the newest reading before the move, per clearinghouse', () => {
    const leader = new LeaderState();
    leader.takeState(state(100n, 1000));
    leader.takeState(state(110n, 2000));
    leader.takeState(state(7n, 2000, 'xyz'));
    expect(leader.equityBefore([''], 1500)).toBe(100n);
    expect(leader.equityBefore([''], 2000)).toBe(100n);
    expect(leader.equityBefore([''], 2001)).toBe(110n);
    expect(leader.equityBefore(['xyz'], 3000)).toBe(7n);
  });

  it('is summed over the clearinghouses of one collateral', () => {
    const leader = new LeaderState();
    leader.takeState(state(100n, 1000));
    leader.takeState(state(7n, 1000, 'xyz'));
    expect(leader.equityBefore(['', 'xyz'], 3000)).toBe(107n);
  });

  it('is unknown while one clearinghouse of the collateral was never read: a part would make ratios too large', () => {
    const leader = new LeaderState();
    leader.takeState(state(100n, 1000));
    expect(leader.equityBefore(['', 'xyz'], 3000)).toBeNull();
    leader.takeState(state(7n, 1000, 'xyz'));
    expect(leader.equityBefore(['', 'xyz'], 3000)).toBe(107n);
    expect(leader.equityBefore([], 3000)).toBeNull();
  });

  it('counts a balance that all clearinghouses share once', () => {
    const leader = new LeaderState();
    leader.takeState(state(100n, 1000, '', true));
    leader.takeState(state(100n, 1000, 'xyz', true));
    expect(leader.equityBefore(['', 'xyz'], 3000)).toBe(100n);
    expect(leader.equityBefore(['', 'xyz', 'unread'], 3000)).toBe(100n);
  });

  it('falls back to the oldest reading kept, and is unknown before the first', () => {
    const leader = new LeaderState();
    expect(leader.equityBefore([''], 1)).toBeNull();
    for (const at of [5, 4, 3, 2, 1]) leader.takeState(state(BigInt(at), at));
    expect(leader.equityBefore([''], 1)).toBe(2n);
  });
});
