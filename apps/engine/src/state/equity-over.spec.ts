import { money } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { type Balance, equityOver } from './equity-over';

const CLEARINGHOUSES = [
  { dex: '', collateral: 'USDC' },
  { dex: 'xyz', collateral: 'USDC' },
  { dex: 'km', collateral: 'USDH' },
  { dex: 'kn', collateral: 'USDH' },
];

const own = (value: bigint): Balance => ({ accountValue: money(value), pooled: false });
const shared = (value: bigint): Balance => ({ accountValue: money(value), pooled: true });

describe('equity over clearinghouses', () => {
  it.each<[string, Readonly<Record<string, Balance>>, bigint | null]>([
    ['each of its own: their sum', { '': own(100n), xyz: own(7n), km: own(5n), kn: own(-2n) }, 110n],
    ['one never read: unknown, because it could hold more', { '': own(100n), xyz: own(7n), km: own(5n) }, null],
    ['a shared balance of each collateral: once each', { '': shared(100n), xyz: shared(100n), km: shared(5n), kn: shared(5n) }, 105n],
    ['a shared balance with one of its clearinghouses never read', { '': shared(100n), km: shared(5n), kn: shared(5n) }, 105n],
    ['shared in one collateral, the other never read', { '': shared(100n), xyz: shared(100n) }, null],
    ['shared in one collateral only', { '': shared(100n), xyz: shared(100n), km: own(5n), kn: own(6n) }, 111n],
    ['nothing anywhere', { '': own(0n), xyz: own(0n), km: own(0n), kn: own(0n) }, 0n],
  ])('%s', (_name, balances, expected) => {
    expect(equityOver(CLEARINGHOUSES, (dex) => balances[dex] ?? null)).toBe(expected);
  });

  it('of no clearinghouse is unknown', () => {
    expect(equityOver([], () => own(1n))).toBeNull();
  });
});
