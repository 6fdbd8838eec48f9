import type { Ids } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inboxContract } from './engine-contract/inbox';
import { keyContract } from './engine-contract/keys';
import { noting, PLATFORM_METHODS, SCOPED_METHODS } from './engine-contract/methods';
import { orderContract } from './engine-contract/order-records';
import { platformContract } from './engine-contract/platform';
import { recordContract } from './engine-contract/records';
import { rightsContract } from './engine-contract/rights';
import type { Bench } from './engine-contract/seat';
import type { ContractStore, OpenContractStore } from './engine-contract/store';
import { termContract } from './engine-contract/terms';
import { unitContract } from './engine-contract/units';
import { type TestClock, testClock, testIds } from './test-storage';

export type { ContractStore, KeptRows, OpenContractStore } from './engine-contract/store';

const FIRST_ID = 1_000_000;

/**
 * What the engine may rely on of its storage, as numbered tests: units are whole (1, 2) and stay in their scope (3), keys (4), what is read back of a scope
 * (5, 6), of the inbox (7) and of the platform (8), that no method of the port was left out (9), that one engine at a
 * time writes (10), and rights (11). PostgreSQL is the reference; whatever takes its place passes the same.
 */
export function engineStorageContract(name: string, open: OpenContractStore): void {
  describe(`the engine's storage: ${name}`, () => {
    const clock: TestClock = testClock();
    // The storage makes ids of its own for tenants.
    const ids: Ids = testIds(clock, FIRST_ID);
    const called = new Set<string>();
    let store: ContractStore;
    let count = 0;
    const bench = (): Bench => ({
      store,
      clock,
      ids,
      next: () => {
        count += 1;
        return count;
      },
    });

    beforeAll(async () => {
      const opened = await open(clock);
      store = { ...opened, engine: noting(opened.engine, called) };
    });
    afterAll(() => store.close());

    unitContract(bench);
    keyContract(bench);
    recordContract(bench);
    orderContract(bench);
    inboxContract(bench);
    platformContract(bench);
    termContract(bench);
    rightsContract(bench);

    describe('9 the whole port', () => {
      it('9.1 has no method the suite does not call', () => {
        const all = [...Object.keys(SCOPED_METHODS), ...Object.keys(PLATFORM_METHODS)];
        expect(all.filter((method) => !called.has(method))).toEqual([]);
      });
    });
  });
}
