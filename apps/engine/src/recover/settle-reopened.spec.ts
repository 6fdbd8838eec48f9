import { systemTimers } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import type { FillCollector } from '../books/collect-fills';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { UnknownResolver } from '../repair/resolve-unknowns';
import { TestClocks } from '../test-clocks';
import { scriptedVenue } from '../testing/scripted-venue';
import { settleReopened } from './settle-reopened';

const BOUND_MS = 50;
const never = <T>(): Promise<T> => new Promise(() => undefined);

/** A process that finds one order of unknown outcome, at a venue whose limits let nothing be asked for now. */
function found(errors: string[]) {
  const venue = scriptedVenue();
  const network = { venue: { ...venue, truth: { ...venue.truth, orderStatus: () => never() } } };
  const account = { index: 0, network, address: '0xa' };
  const order = { clientOrderId: '0xc', signers: [1], leftBy: 0, wave: { handed: true }, copy: { account }, askAt: 0, filledLots: null };
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    limits: ENGINE_LIMITS,
    log: { error: (what: string) => errors.push(what) },
    openOrders: { unknown: () => [order], accountsToRead: () => [account], ofAccount: () => [order] },
    pass: () => undefined,
    timers: systemTimers,
  } as unknown as EngineContext;
  return { ctx, accounts: [account] as unknown as Parameters<typeof settleReopened>[1] };
}

describe('what an earlier process left open', () => {
  it.each<[string, () => Promise<void>, readonly string[]]>([
    ['outcomes', async () => undefined, ['orders are still unknown; they stay reserved at their worst']],
    ['fills', () => never(), ['fills are still to be read', 'orders are still unknown; they stay reserved at their worst']],
  ])('holds nobody up longer than it may where the venue lets no %s be read', async (_what, settle, told) => {
    const errors: string[] = [];
    const { ctx, accounts } = found(errors);
    const collector = { settle } as unknown as FillCollector;
    const resolver = new UnknownResolver(ctx, { run: never } as never);
    await settleReopened(ctx, accounts, resolver, collector, Date.now() + BOUND_MS);
    expect(errors).toEqual(told);
  });
});
