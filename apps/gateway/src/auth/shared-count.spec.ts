import { type Limiter, localLimiter, silentLogger } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import { SharedCount } from './shared-count';

const POLICY = { name: 'p', key: 'k', rate: 10, periodMs: 60_000, burst: 9, cost: 1 };

/** A shared count whose carrier can go away, on a clock of the test's own. */
function open() {
  let now = 1_000;
  let asked = 0;
  let carrier: 'there' | 'away' | Promise<void> = 'there';
  const clock = { now: () => now, monotonic: () => now };
  const inner = localLimiter(clock);
  const limiter: Limiter = {
    release: inner.release,
    take: async (...given) => {
      asked += 1;
      if (carrier === 'away') throw new Error('no connection');
      if (carrier !== 'there') await carrier;
      return inner.take(...given);
    },
  };
  const shared = new SharedCount({ clock, limiter, log: silentLogger });
  return {
    take: () => shared.take('g', [POLICY]),
    asked: () => asked,
    set: (to: typeof carrier) => {
      carrier = to;
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('the shared count', () => {
  it('decides while its carrier answers', async () => {
    const { take } = open();
    expect((await take())?.policies[0]?.remaining).toBe(9);
    expect((await take())?.policies[0]?.remaining).toBe(8);
  });

  it('is not asked for half a second after it failed, and then by one request at a time', async () => {
    const { take, asked, set, pass } = open();
    set('away');
    expect([await take(), await take(), await take()]).toEqual([null, null, null]);
    expect(asked()).toBe(1);
    pass(500);
    expect(await Promise.all([take(), take(), take()])).toEqual([null, null, null]);
    expect(asked()).toBe(2);
  });

  it('that hangs holds up the one request that looks, and no other', async () => {
    const { take, set, pass } = open();
    set('away');
    await take();
    pass(500);
    let answer = (): void => undefined;
    set(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const looking = take();
    expect(await take()).toBeNull();
    answer();
    expect((await looking)?.allowed).toBe(true);
    expect((await take())?.allowed).toBe(true);
  });

  it('decides again as soon as it answers', async () => {
    const { take, set, pass } = open();
    set('away');
    await take();
    set('there');
    expect(await take()).toBeNull();
    pass(500);
    expect((await take())?.policies[0]?.remaining).toBe(9);
    expect((await take())?.policies[0]?.remaining).toBe(8);
  });
});
