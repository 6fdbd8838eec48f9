import { systemTimers } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { scriptedVenue } from '../testing/scripted-venue';
import { UnknownResolver } from './resolve-unknowns';

describe('orders of unknown outcome', () => {
  it('of a network that gives no answers keep none of another from being asked for', async () => {
    const asked: string[] = [];
    const silent = scriptedVenue();
    Object.assign(silent.truth, { orderStatus: () => new Promise(() => undefined) });
    const answering = scriptedVenue();
    const { orderStatus } = answering.truth;
    Object.assign(answering.truth, {
      orderStatus: (...question: Parameters<typeof orderStatus>) => {
        asked.push(question[1]);
        return orderStatus(...question);
      },
    });
    const orderAt = (venue: object, clientOrderId: string) => ({
      clientOrderId,
      signers: [1],
      leftBy: performance.now(),
      wave: { handed: true },
      copy: { account: { network: venue, address: '0xa' } },
      askAt: 0,
    });
    const network = { venue: silent };
    const orders = Array.from({ length: ENGINE_LIMITS.truthReadsMax + 1 }, (_, at) => orderAt(network, `0x${at}`));
    const other = orderAt({ venue: answering }, '0xother');
    const ctx = {
      clock: { now: () => Date.now(), monotonic: () => performance.now() },
      limits: ENGINE_LIMITS,
      log: { error: () => undefined },
      openOrders: { unknown: () => [...orders, other] },
      pass: () => undefined,
      timers: systemTimers,
    } as unknown as EngineContext;
    new UnknownResolver(ctx, {} as never).look();
    await expect.poll(() => other.askAt).toBeGreaterThan(0);
    expect(asked).toEqual(['0xother']);
  });
});
