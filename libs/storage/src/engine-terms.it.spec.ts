import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTermOver } from './failures';
import type { Storage } from './storage';
import { openTestStorage, type TestStorage } from './testing/test-storage';

/** Of two engines beside each other on PostgreSQL: what the contract suite cannot show of a storage that runs one unit after another. */
describe('the term of an engine', () => {
  let test: TestStorage;
  let former: Storage;
  let next: Storage;
  beforeAll(async () => {
    test = await openTestStorage();
    former = await test.as('engine');
    next = await test.as('engine');
  });
  afterAll(() => test.close());

  const begin = async (storage: Storage): Promise<number> => {
    const claimed = await storage.platform((unit) => unit.engines.claimInstance('engine', 1_000));
    if (!claimed.ok) throw new Error(claimed.error);
    return claimed.value.term;
  };

  const seed = (byte: number) => ({ commitment: Buffer.from([byte]), seed: Buffer.from([byte]) });
  /** Whether nothing of a day was written by another. */
  const isFree = async (day: string): Promise<boolean> =>
    (await next.platform((unit) => unit.engines.dailySeed(day, seed(9)))).seed.equals(seed(9).seed);

  it('ends a unit of the one before that is open and does not go on: a machine that stands still holds nobody up', async () => {
    const term = await begin(former);
    let goOn: () => void = () => undefined;
    const standing = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let opened: () => void = () => undefined;
    const isOpen = new Promise<void>((resolve) => {
      opened = resolve;
    });
    const attempt = former.platform(
      async (unit) => {
        await unit.engines.dailySeed('2026-01-01', seed(1));
        opened();
        await standing;
      },
      { term },
    );
    const refused = expect(attempt).rejects.toThrow();
    await isOpen;
    const newer = await begin(next);
    expect(newer).toBeGreaterThan(term);
    goOn();
    await refused;
    expect(await isFree('2026-01-01')).toBe(true);
  });

  it('is over for every unit that begins while the next term is being begun', async () => {
    const term = await begin(former);
    let attempt: Promise<unknown> = Promise.resolve();
    await next.platform(async (unit) => {
      await unit.engines.claimInstance('engine', 1_000);
      attempt = former.platform((late) => late.engines.dailySeed('2026-01-02', seed(2)), { term });
      attempt.catch(() => undefined);
    });
    expect(await attempt.then(() => false, isTermOver)).toBe(true);
    expect(await isFree('2026-01-02')).toBe(true);
  });

  it('leaves a session usable that was refused', async () => {
    const term = await begin(former);
    await begin(next);
    for (let tries = 0; tries < 20; tries += 1)
      expect(await former.platform((unit) => unit.engines.heartbeat(1), { term }).then(() => false, isTermOver)).toBe(true);
    expect(await former.platform((unit) => unit.tenants.open(), { term, readOnly: true })).toEqual([]);
  });
});
