import { copyAccount } from '@lockstep/ledger';
import type { EngineScopedUnit, RunningCopy } from '@lockstep/storage';
import { ALLOCATION_ASSET } from './real-equity';

/** What the ledger says is assigned to a copy, 10^-8: a change of an allocation is done when it stands there. */
export async function bookedAllocation(unit: Pick<EngineScopedUnit, 'ledger'>, copyId: RunningCopy['id']): Promise<bigint> {
  // The follower's money stands on the credit side.
  return -(await unit.ledger.sumOfCopy(copyId, copyAccount(copyId, 'allocation'), ALLOCATION_ASSET));
}

/**
 * Copies with the allocation that is in force in the place of the one that is wished: a wish stands in the row from the moment it is told, and acts when its
 * command is carried out. Until then nothing may be sized or limited by it, and what was lost before the money moves is measured without it. Only copies whose
 * row and last written equity differ are looked up.
 */
export async function withAllocationsInForce(
  unit: Pick<EngineScopedUnit, 'ledger'>,
  copies: readonly RunningCopy[],
): Promise<readonly RunningCopy[]> {
  const found: RunningCopy[] = [];
  for (const copy of copies) {
    const isSure = copy.startedAt === null || copy.equity?.flows === copy.allocation;
    const booked = isSure ? 0n : await bookedAllocation(unit, copy.id);
    found.push(booked > 0n ? { ...copy, allocation: booked } : copy);
  }
  return found;
}
