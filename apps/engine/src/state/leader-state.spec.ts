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

const MAIN = { dex: '', collateral: 'USDC' };
const XYZ = { dex: 'xyz', collateral: 'USDC' };
const KM = { dex: 'km', collateral: 'USDH' };

describe('leader equity', () => {
  it('is the newest reading before the move, per clearinghouse', () => {
    const leader = new LeaderState();
    leader.takeState(state(100n, 1000));
    leader.takeState(state(110n, 2000));
    leader.takeState(state(7n, 2000, 'xyz'));
    expect(leader.equityBefore([MAIN], 1500)).toBe(100n);
    expect(leader.equityBefore([MAIN], 2000)).toBe(100n);
    expect(leader.equityBefore([MAIN], 2001)).toBe(110n);
    expect(leader.equityBefore([XYZ], 3000)).toBe(7n);
  });

  it('falls back to the oldest reading kept, and is unknown before the first', () => {
    const leader = new LeaderState();
    expect(leader.equityBefore([MAIN], 1)).toBeNull();
    for (const at of [5, 4, 3, 2, 1]) leader.takeState(state(BigInt(at), at));
    expect(leader.equityBefore([MAIN], 1)).toBe(2n);
  });

  it('takes no reading that tells no equity', () => {
    const leader = new LeaderState();
    leader.takeState({ ...state(5n, 1000), equityUnread: true });
    expect(leader.equityBefore([MAIN], 2000)).toBeNull();
  });

  it('of a move in one collateral counts what the leader holds in the others: a small balance there is not the whole account', () => {
    const leader = new LeaderState();
    leader.takeState(state(1_000_000n, 1000));
    leader.takeState(state(0n, 1000, 'xyz'));
    expect(leader.equityBefore([MAIN, XYZ, KM], 3000)).toBeNull();
    leader.takeState(state(1_000n, 1000, 'km'));
    expect(leader.equityBefore([MAIN, XYZ, KM], 3000)).toBe(1_001_000n);
  });
});
