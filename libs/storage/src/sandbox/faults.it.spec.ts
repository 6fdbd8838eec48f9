import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStorage, type TestStorage } from '../testing/test-storage';

let test: TestStorage;
beforeAll(async () => {
  test = await openTestStorage();
});
afterAll(() => test.close());

describe('counts of faults', () => {
  it('are written by one statement, however many a request met, and tell of each whether it struck', async () => {
    const scope = await test.tenant('Counted', 'test');
    const app = await test.as('app');
    const none = { operation: null, keyId: null, times: null, everyEvents: null, httpStatus: null, retryAfterS: null, delayMs: null };
    const ids = Array.from({ length: 20 }, () => test.ids.next('sandboxFault'));
    const times = { lastStruckAt: null, createdAt: test.clock.now(), endsAt: test.clock.now() + 60_000 };
    await app.scoped(scope, async (unit) => {
      for (const id of ids)
        await unit.sandboxFaults.insert({ id, ...none, kind: 'slow', probability: 1, seed: 1, met: 0, struck: 0, actor: 'key_1', ...times });
    });
    const before = test.statements.length;
    await app.scoped(scope, async (unit) => {
      await unit.sandboxFaults.noteCounts(ids.map((id, no) => ({ id, met: no + 1, struck: no % 2 })));
      await unit.sandboxFaults.noteCounts([]);
    });
    expect(test.statements.slice(before).filter((statement) => statement.includes('update sandbox_faults'))).toHaveLength(1);
    const rows = await app.scoped(scope, (unit) => unit.sandboxFaults.inForce());
    expect(rows.map(({ id, met, struck, lastStruckAt }) => ({ id, met, struck, lastStruckAt }))).toEqual(
      ids.map((id, no) => ({ id, met: no + 1, struck: no % 2, lastStruckAt: no % 2 === 1 ? test.clock.now() : null })),
    );
  });
});
