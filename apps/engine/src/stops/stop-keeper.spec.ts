import { price, size, UNIT } from '@lockstep/kernel';
import { systemTimers } from '@lockstep/platform';
import type { StandingOrderRow } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { TestClocks } from '../test-clocks';
import { STAGE_COIN, scriptedVenue } from '../testing/scripted-venue';
import { NOTHING_UNHEARD } from '../unheard-stops';
import { StandingStops } from './standing-stops';
import { StopKeeper } from './stop-keeper';

/** A mirror that an earlier process wrote down, and whose nonce the venue says is spent though it does not show the order. */
function restored() {
  let now = 0;
  const asked: number[] = [];
  const venue = scriptedVenue();
  Object.assign(venue.orders, {
    noop: async () => {
      asked.push(now);
      return { kind: 'rejected', code: 'nonce_duplicate', text: 'Invalid nonce: duplicate nonce' };
    },
  });
  const markets = new Map([[STAGE_COIN.coin, { instrument: STAGE_COIN, mark: price(100n * UNIT) }]]);
  const account = { index: 1, no: 1, signer: 1, formerSigner: null, signs: true, address: '0xa', network: { venue, markets } };
  const standingStops = new StandingStops(10);
  const ctx = {
    clocks: new TestClocks(),
    clock: { now: () => now, monotonic: () => now },
    limits: ENGINE_LIMITS,
    log: { warn: () => undefined, error: () => undefined },
    pass: () => undefined,
    timers: systemTimers,
    registry: { accountsByNo: new Map([[1, account]]), copies: new Map() },
    sending: { busy: false },
    storage: { scoped: async (_scope: unknown, _work: unknown, options?: object) => (options === undefined ? NOTHING_UNHEARD : new Map()) },
    wishes: { meetPending: () => undefined },
    knownStops: { meet: () => undefined },
    wakeEvents: () => undefined,
    standingStops,
  } as unknown as EngineContext;
  const books = { run: async (_scope: unknown, work: () => unknown) => work() };
  const keeper = new StopKeeper(ctx, books as never, {} as never);
  const row = {
    clientOrderId: '0x01',
    orderId: 'ord_1',
    copyNo: 1n,
    venueAccountNo: 1n,
    coin: STAGE_COIN.coin,
    buy: true,
    nonce: 7n,
    endNonce: null,
  };
  const order = {
    size: size(UNIT),
    price: 90n * UNIT,
    triggerPrice: null,
    reduceOnly: false,
    leaderOrderId: 'a',
    leaderSize: UNIT,
    triggerKind: null,
  };
  const state = { replaces: null, status: 'sent', createdAt: 0, updatedAt: 0, settingsVersion: 1, purpose: 'mirror' };
  /** The venue is asked at a moment, in ms after the start, and what is kept of the order then. */
  const askedAt = async (at: number): Promise<number> => {
    now = at;
    const before = asked.length;
    keeper.look();
    await expect.poll(() => asked.length).toBeGreaterThan(before);
    await keeper.stop();
    return standingStops.size;
  };
  const begin = () =>
    keeper.restore({ tenantId: 'ten_1', environment: 'test' } as never, [{ ...row, ...order, ...state } as unknown as StandingOrderRow]);
  return { begin, askedAt };
}

describe('a standing order that an earlier process wrote down', () => {
  it('may be on its way as long as that one runs: the venue’s silence counts from when its nonce was found spent, however late that is', async () => {
    const { begin, askedAt } = restored();
    await begin();
    expect(await askedAt(60_000)).toBe(1);
    expect(await askedAt(65_000)).toBe(1);
    expect(await askedAt(67_000)).toBe(0);
  });
});
