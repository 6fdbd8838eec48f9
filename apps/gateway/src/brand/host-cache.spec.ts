import { describe, expect, it, vi } from 'vitest';
import { HOST_TTL_MS, HOSTS_MAX, HostCache } from './host-cache';

/** Everything that was ready to run has run: questions leave behind it. */
const left = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** A cache on a clock of the test's own, whose questions are answered when the test says so. */
function open() {
  let now = 1_000;
  const asked: string[][] = [];
  const pending: { readonly answer: (known: Readonly<Record<string, string>>) => void; readonly fail: (error: Error) => void }[] = [];
  const cache = new HostCache<string>({ monotonic: () => now }, (hosts) => {
    asked.push([...hosts]);
    return new Promise((resolve, reject) => pending.push({ answer: (known) => resolve(new Map(Object.entries(known))), fail: reject }));
  });
  const answer = async (known: Readonly<Record<string, string>>): Promise<void> => {
    await left();
    pending.shift()?.answer(known);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const fail = async (): Promise<void> => {
    await left();
    pending.shift()?.fail(new Error('away'));
  };
  return { cache, asked, answer, fail, pass: (ms: number) => (now += ms) };
}

describe('what is known of hosts', () => {
  it('is asked for once, by all who want it meanwhile, and kept for two seconds, nothing included', async () => {
    const { cache, asked, answer, pass } = open();
    const wanted = [cache.find('a'), cache.find('a'), cache.find('a')];
    await answer({ a: 'A' });
    expect(await Promise.all(wanted)).toEqual(['A', 'A', 'A']);
    const other = cache.find('b');
    await answer({});
    expect([await other, await cache.find('b'), await cache.find('a')]).toEqual([null, null, 'A']);
    expect(asked).toEqual([['a'], ['b']]);
    pass(HOST_TTL_MS);
    const again = cache.find('a');
    await answer({ a: 'B' });
    expect(await again).toBe('B');
  });

  it('is asked for together while a question is on its way, one at a time', async () => {
    const { cache, asked, answer } = open();
    const first = cache.find('first');
    await left();
    const rest = Array.from({ length: 700 }, (_, no) => cache.find(`made-up-${no}`));
    await left();
    expect(asked).toHaveLength(1);
    for (let time = 0; time < 3; time += 1) await answer({});
    expect([await first, new Set(await Promise.all(rest)).size]).toEqual([null, 1]);
    expect(asked.map((hosts) => hosts.length)).toEqual([1, 500, 200]);
  });

  it('is asked for again by others when an answer does not come, and a late answer is not kept for longer than it is true', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { cache, asked, answer, pass } = open();
    const hanging = cache.find('a');
    await left();
    const behind = cache.find('b');
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    expect(asked).toEqual([['a'], ['b']]);
    pass(HOST_TTL_MS);
    await answer({ a: 'of before' });
    await answer({ b: 'B' });
    expect([await hanging, await behind]).toEqual(['of before', 'B']);
    const again = cache.find('a');
    await answer({ a: 'A' });
    expect(await again).toBe('A');
  });

  it('is forgotten at a change, and an answer of before it is not kept', async () => {
    const { cache, asked, answer } = open();
    const before = cache.find('a');
    await left();
    cache.forget();
    await answer({ a: 'old' });
    expect(await before).toBe('old');
    const after = cache.find('a');
    await answer({ a: 'new' });
    expect([await after, await cache.find('a'), asked.length]).toEqual(['new', 'new', 2]);
    cache.forget();
    const last = cache.find('a');
    await answer({});
    expect(await last).toBeNull();
  });

  it('that cannot be asked for fails, and is asked for anew', async () => {
    const { cache, answer, fail } = open();
    const lost = cache.find('a');
    const failed = expect(lost).rejects.toThrow('away');
    await fail();
    await failed;
    const again = cache.find('a');
    await answer({ a: 'A' });
    expect(await again).toBe('A');
  });

  it('is kept of so many hosts and no more', async () => {
    const { cache, asked, answer } = open();
    const ask = async (host: string): Promise<void> => {
      const found = cache.find(host);
      await answer({});
      await found;
    };
    await ask('oldest');
    for (let no = 0; no < HOSTS_MAX; no += 1) await ask(`h${no}`);
    const before = asked.length;
    await cache.find(`h${HOSTS_MAX - 1}`);
    expect(asked.length).toBe(before);
    await ask('oldest');
    expect(asked.length).toBe(before + 1);
  });
});
