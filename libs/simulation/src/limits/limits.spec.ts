import type { Clock } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { createIpLimits, IP_LIMITS } from './ip-limits';
import { actionWeight, infoWeight, rowsWeight } from './weights';
import { createLeakyBucket, createWindow } from './window';

const MINUTE_MS = 60_000;

function manualClock(): Clock & { advance(ms: number): void } {
  let time = 1_000_000;
  return {
    now: () => time,
    monotonic: () => time,
    advance: (ms) => {
      time += ms;
    },
  };
}

describe('sliding window', () => {
  it('admits up to its sum and frees what is older than the window', () => {
    const window = createWindow(10, MINUTE_MS);
    expect(window.take('a', 6, 0)).toBe(true);
    expect(window.take('a', 4, 30_000)).toBe(true);
    expect(window.take('a', 1, 59_000)).toBe(false);
    expect(window.take('a', 6, 60_500)).toBe(true);
    expect(window.used('a', 60_500)).toBe(10);
    expect(window.used('a', 200_000)).toBe(0);
  });

  it('never admits more than its sum in any minute', () => {
    const window = createWindow(50, MINUTE_MS);
    const spent: number[] = [];
    for (let time = 0; time < 5 * MINUTE_MS; time += 137) if (window.take('a', 1, time)) spent.push(time);
    for (const from of spent) expect(spent.filter((time) => time >= from && time < from + MINUTE_MS - 1_000).length).toBeLessThanOrEqual(50);
    expect(spent.length).toBeGreaterThan(200);
  });

  it('keeps keys apart', () => {
    const window = createWindow(1, MINUTE_MS);
    expect([window.take('a', 1, 0), window.take('b', 1, 0), window.take('a', 1, 0)]).toEqual([true, true, false]);
  });
});

describe('leaky bucket', () => {
  it('admits its size at once, then what drains', () => {
    const bucket = createLeakyBucket(60, MINUTE_MS);
    expect(bucket.take('a', 60, 0)).toBe(true);
    expect(bucket.take('a', 1, 999)).toBe(false);
    expect(bucket.take('a', 1, 1_000)).toBe(true);
    expect(bucket.used('a', 31_000)).toBe(30);
    expect(bucket.take('a', 31, 31_000)).toBe(false);
    expect(bucket.take('a', 30, 31_000)).toBe(true);
    expect(bucket.used('a', 200_000)).toBe(0);
  });

  it('counts an address by its own setting', () => {
    const clock = manualClock();
    const limits = createIpLimits({ ...IP_LIMITS, ipWindow: 'leaky' }, clock);
    expect(limits.takeWeight('a', 1_200)).toBe(true);
    clock.advance(1_000);
    expect([limits.takeWeight('a', 21), limits.takeWeight('a', 20)]).toEqual([false, true]);
  });
});

describe.each(['sliding60', 'leaky'] as const)('what is found out afterwards (%s)', (ipWindow) => {
  it('counts above the limit too, and what comes next waits for it', () => {
    const clock = manualClock();
    const limits = createIpLimits({ ...IP_LIMITS, ipWindow }, clock);
    expect(limits.takeWeight('a', 1_190)).toBe(true);
    limits.spendWeight('a', 100);
    expect(limits.takeWeight('a', 2)).toBe(false);
    clock.advance(4_000);
    expect(limits.takeWeight('a', 2)).toBe(false);
    clock.advance(MINUTE_MS);
    expect(limits.takeWeight('a', 2)).toBe(true);
    expect(limits.takeWeight('b', 1_200)).toBe(true);
  });
});

describe('weights', () => {
  it.each([
    [1, 1],
    [39, 1],
    [40, 2],
    [79, 2],
    [80, 3],
  ])('a batch of %i orders weighs %i', (length, weight) => {
    expect(actionWeight({ action: { type: 'order', orders: new Array(length).fill({}) } })).toBe(weight);
  });

  it('a multi-signature action weighs what it wraps', () => {
    const wrapped = { type: 'order', orders: new Array(40).fill({}) };
    expect(actionWeight({ action: { type: 'multiSig', signatures: [], payload: { action: wrapped } } })).toBe(2);
  });

  it('an unbatched action weighs 1', () => expect(actionWeight({ action: { type: 'noop' } })).toBe(1));

  it.each([
    ['l2Book', 2],
    ['clearinghouseState', 2],
    ['orderStatus', 2],
    ['userRole', 60],
    ['meta', 20],
    ['userFills', 20],
  ])('a read of %s weighs %i', (type, weight) => expect(infoWeight({ type })).toBe(weight));

  it.each([
    ['userFills', 2_000, 100],
    ['userFillsByTime', 19, 0],
    ['candleSnapshot', 120, 2],
    ['openOrders', 500, 0],
    ['recentTrades', 20, 1],
    ['historicalOrders', 2_000, 100],
    ['fundingHistory', 500, 25],
    ['userFunding', 500, 25],
    ['userNonFundingLedgerUpdates', 40, 2],
    ['twapHistory', 60, 3],
    ['userTwapSliceFills', 80, 4],
    ['userTwapSliceFillsByTime', 100, 5],
  ])('%s with %i rows adds %i', (type, rows, weight) => expect(rowsWeight({ type }, rows)).toBe(weight));
});

describe('limits per address', () => {
  it('hold 10 connections, 30 new ones a minute and 100 posts', () => {
    const clock = manualClock();
    const limits = createIpLimits(IP_LIMITS, clock);
    const opened = Array.from({ length: 11 }, () => limits.openConnection('a'));
    expect(opened.filter(Boolean)).toHaveLength(10);
    for (let turn = 0; turn < 20; turn += 1) {
      limits.closeConnection('a');
      expect(limits.openConnection('a')).toBe(true);
    }
    limits.closeConnection('a');
    expect(limits.openConnection('a')).toBe(false);
    clock.advance(MINUTE_MS + 1_000);
    expect(limits.openConnection('a')).toBe(true);
    const posts = Array.from({ length: 101 }, () => limits.beginPost('a'));
    expect(posts.filter(Boolean)).toHaveLength(100);
    limits.endPost('a');
    expect(limits.beginPost('a')).toBe(true);
  });

  it('count a user once however many streams follow it, and free it with the last', () => {
    const limits = createIpLimits({ ...IP_LIMITS, usersMost: 2 }, manualClock());
    expect(limits.addSubscription('a', 'u1').ok).toBe(true);
    expect(limits.addSubscription('a', 'u1').ok).toBe(true);
    expect(limits.addSubscription('a', 'u2').ok).toBe(true);
    expect(limits.addSubscription('a', 'u3')).toEqual({ ok: false, error: 'Cannot track more than 2 total users.' });
    expect(limits.addSubscription('a', null).ok).toBe(true);
    limits.dropSubscription('a', 'u1');
    expect(limits.addSubscription('a', 'u3').ok).toBe(false);
    limits.dropSubscription('a', 'u1');
    expect(limits.addSubscription('a', 'u3').ok).toBe(true);
  });

  it('admit 2,000 messages a minute', () => {
    const limits = createIpLimits(IP_LIMITS, manualClock());
    const taken = Array.from({ length: 2_001 }, () => limits.takeMessage('a'));
    expect(taken.lastIndexOf(true)).toBe(1_999);
    expect(limits.takeMessage('b')).toBe(true);
  });
});
