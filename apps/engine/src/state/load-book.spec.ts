import type { TenantId } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { navOf } from './load-book';

const NAV_ONE = 1_000_000_000_000;
const ctx = { clock: { now: () => 1_000 }, days: { next: () => 9_000 } } as unknown as Pick<EngineContext, 'clock' | 'days'>;

/** References of a copy whose equity was written at 80 of 100, as read with an allocation. */
function found(allocation: bigint) {
  const detail = { navFactor: NAV_ONE, navEquity: 100, navPeak: NAV_ONE, navDay: NAV_ONE, dayEndsAt: 2_000, pnlAnchor: 0 };
  const equity = { flows: 100n, netPnl: -20n, equity: 80n, unitNav: 800_000_000_000n, detail, breaker: 'armed' };
  return navOf(ctx, { tenantId: 'ten_a' as TenantId }, { equity, allocation, startedAt: 1 });
}

describe('references of losses as a start finds them', () => {
  it('are those written where no money moved since', () => {
    expect(found(100n)).toMatchObject({ factor: 1_000_000_000_000n, equity: 100n });
  });

  it.each([
    ['in', 200n, 180n],
    ['out', 60n, 40n],
    ['out, and all of it', 10n, 0n],
  ])('take money moved %s since for neither gain nor loss', (_way, allocation, equity) => {
    expect(found(allocation)).toMatchObject({ factor: 800_000_000_000n, equity });
  });

  it('of a copy that died before its equity was written are its allocation, and the day it began in goes on', () => {
    const scope = { tenantId: 'ten_a' as TenantId };
    const expected = { factor: 1_000_000_000_000n, equity: 100n, peak: 1_000_000_000_000n, day: 1_000_000_000_000n, dayEndsAt: 9_000, pnlAnchor: 0n };
    expect(navOf(ctx, scope, { equity: null, allocation: 100n, startedAt: 1 })).toEqual(expected);
    expect(navOf(ctx, scope, { equity: null, allocation: 100n, startedAt: null })).toBeNull();
  });
});
