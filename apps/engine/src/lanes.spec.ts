import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('lanes', () => {
  it('never overlap in one key, run side by side in two, and hand over what gathered meanwhile as one batch', async () => {
    const log: string[] = [];
    const lanes = new Lanes<number>(
      async (key, batch) => {
        log.push(`${key}+${batch.join(',')}`);
        await turn();
        log.push(`${key}-${batch.join(',')}`);
      },
      () => undefined,
      10,
    );
    lanes.push('a', 1);
    lanes.push('b', 7);
    await Promise.resolve();
    await Promise.resolve();
    lanes.push('a', 2);
    lanes.push('a', 3);
    expect(lanes.behind('a')).toEqual([2, 3]);
    await lanes.idle();
    expect(log.filter((entry) => entry.startsWith('a'))).toEqual(['a+1', 'a-1', 'a+2,3', 'a-2,3']);
    expect(log.indexOf('b+7')).toBeLessThan(log.indexOf('a-1'));
  });

  it('goes on after a failed batch and reports it', async () => {
    const failures: string[] = [];
    const seen: number[] = [];
    const lanes = new Lanes<number>(
      async (_key, batch) => {
        seen.push(...batch);
        await turn();
        if (batch[0] === 1) throw new Error('no');
      },
      (key, batch) => failures.push(`${key}:${batch.join(',')}`),
      10,
    );
    lanes.push('a', 1);
    await turn();
    lanes.push('a', 2);
    await lanes.idle();
    expect(seen).toEqual([1, 2]);
    expect(failures).toEqual(['a:1']);
  });

  it('several at once are taken when all are idle, and none where one is not', async () => {
    const log: string[] = [];
    const lanes = new Lanes<number>(
      async (key, batch) => {
        log.push(`${key}${batch.join(',')}`);
        await turn();
      },
      () => undefined,
      10,
    );
    const together = lanes.aloneInAll(['a', 'b', 'a'], async () => {
      log.push('begins');
      await turn();
      await turn();
      log.push('ends');
    });
    lanes.push('a', 1);
    lanes.push('b', 2);
    expect(lanes.aloneInAll(['b', 'c'], async () => undefined)).toBeNull();
    expect(lanes.aloneInAll([], async () => undefined)).toBeNull();
    await together;
    await lanes.idle();
    expect(log.slice(0, 2)).toEqual(['begins', 'ends']);
    expect(log.slice(2).sort()).toEqual(['a1', 'b2']);
  });

  it('several at once are free again after work that failed', async () => {
    const seen: string[] = [];
    const lanes = new Lanes<number>(
      async (key) => void seen.push(key),
      () => undefined,
      10,
    );
    await expect(lanes.aloneInAll(['a', 'b'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    lanes.push('a', 1);
    lanes.push('b', 1);
    await lanes.idle();
    expect(seen.sort()).toEqual(['a', 'b']);
  });

  it('runs a lone piece of work between batches', async () => {
    const log: string[] = [];
    const lanes = new Lanes<number>(
      async (_key, batch) => {
        log.push(`batch ${batch.join(',')}`);
        await turn();
      },
      () => undefined,
      10,
    );
    lanes.push('a', 1);
    await Promise.resolve();
    await Promise.resolve();
    const lone = lanes.alone('a', async () => {
      log.push('lone');
      await turn();
      log.push('lone done');
    });
    lanes.push('a', 2);
    await lone;
    await lanes.idle();
    expect(log).toEqual(['batch 1', 'lone', 'lone done', 'batch 2']);
  });

  it('refuses more waiting items than its depth', () => {
    const lanes = new Lanes<number>(
      () => new Promise(() => undefined),
      () => undefined,
      2,
    );
    lanes.push('a', 1);
    lanes.push('a', 2);
    expect(() => lanes.push('a', 3)).toThrow('holds 2 waiting');
  });

  it('several at once are waited for until all are idle together, holding none meanwhile, once for a name', async () => {
    const log: string[] = [];
    const ends = new Map<string, () => void>();
    const lanes = new Lanes<number>(
      async (key, batch) => {
        log.push(`${key}${batch.join(',')}`);
        await new Promise<void>((resolve) => ends.set(key, resolve));
      },
      () => undefined,
      10,
    );
    const work = async () => {
      log.push('together');
    };
    lanes.push('a', 1);
    await turn();
    const waits = [1, 2].map(() => lanes.aloneOnceAllIdle('name', () => ['a', 'b'], work));
    lanes.push('b', 1);
    await turn();
    ends.get('a')?.();
    await turn();
    expect(log).toEqual(['a1', 'b1']);
    ends.get('b')?.();
    await Promise.all(waits);
    expect(log).toEqual(['a1', 'b1', 'together']);
    await lanes.aloneOnceAllIdle('name', () => ['a', 'b'], work);
    expect(log.filter((entry) => entry === 'together')).toHaveLength(2);
  });

  it('what several were waited for and none is needed any more ends without being done; a failure is the caller’s', async () => {
    const lanes = new Lanes<number>(
      () => turn(),
      () => undefined,
      10,
    );
    let needed: readonly string[] = ['a'];
    let ran = false;
    lanes.push('a', 1);
    await turn();
    lanes.push('a', 2);
    const over = lanes.aloneOnceAllIdle(
      'over',
      () => needed,
      async () => {
        ran = true;
      },
    );
    needed = [];
    await over;
    const failing = lanes.aloneOnceAllIdle(
      'failing',
      () => ['a'],
      async () => {
        throw new Error('not written');
      },
    );
    await expect(failing).rejects.toThrow('not written');
    expect(ran).toBe(false);
  });
});
