import { money } from '@lockstep/kernel';
import type { EngineScopedUnit, RunningCopy } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { withAllocationsInForce } from './booked-allocation';

/** A copy whose row wishes 200, as a start finds it. */
const wishing = (flows: bigint | null, startedAt: number | null = 1): RunningCopy =>
  ({ id: 'cpy_a', allocation: 200n, startedAt, equity: flows === null ? null : { flows } }) as RunningCopy;

/** The allocation a start goes by where so much is booked, and how often the ledger was asked. */
async function found(copy: RunningCopy, booked: bigint) {
  let asked = 0;
  const sumOfCopy = async () => {
    asked += 1;
    return money(-booked);
  };
  const [loaded] = await withAllocationsInForce({ ledger: { sumOfCopy } } as unknown as Pick<EngineScopedUnit, 'ledger'>, [copy]);
  return { allocation: loaded?.allocation, asked };
}

describe('the allocation a start goes by', () => {
  it.each([
    ['is the one before a wish nobody carried out', 100n, 100n, 100n],
    ['is the wish once the ledger has it, though equity was last written before', 100n, 200n, 200n],
    ['is what is booked of a copy that died before its equity was written', null, 100n, 100n],
  ] as const)('%s', async (_what, flows, booked, allocation) => {
    expect(await found(wishing(flows), booked)).toEqual({ allocation, asked: 1 });
  });

  it('is the row where nothing was wished since equity was written, or the copy never began, without a look at the ledger', async () => {
    expect(await found(wishing(200n), 100n)).toEqual({ allocation: 200n, asked: 0 });
    expect(await found(wishing(null, null), 0n)).toEqual({ allocation: 200n, asked: 0 });
  });
});
