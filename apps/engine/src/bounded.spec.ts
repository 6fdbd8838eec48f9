import { systemTimers } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import { eachBounded, forAtMost, Places } from './bounded';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('bounded work', () => {
  it('visits every item, never more at once than allowed', async () => {
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    await eachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      seen.push(item);
      running -= 1;
    });
    expect(seen.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it('throws the first failure and starts nothing after it', async () => {
    const seen: number[] = [];
    const work = eachBounded([1, 2, 3, 4], 1, async (item) => {
      await turn();
      seen.push(item);
      if (item === 2) throw new Error('second');
    });
    await expect(work).rejects.toThrow('second');
    expect(seen).toEqual([1, 2]);
  });

  it('lets the next waiter in when a place is freed, also by a failure', async () => {
    const places = new Places(1, 10);
    const failed = places.run(async () => {
      await turn();
      throw new Error('first');
    });
    const second = places.run(async () => 'second');
    await expect(failed).rejects.toThrow('first');
    expect(await second).toBe('second');
  });

  it('waits for work no longer than it is told, and for its failure too', async () => {
    expect(await forAtMost(systemTimers, 60_000, turn())).toBe(true);
    expect(await forAtMost(systemTimers, 5, new Promise(() => undefined))).toBe(false);
    await expect(forAtMost(systemTimers, 60_000, Promise.reject(new Error('work')))).rejects.toThrow('work');
  });
});
