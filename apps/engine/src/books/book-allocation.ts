import { type CopyId, type EpochMs, type Money, money } from '@lockstep/kernel';
import { postAllocation } from '@lockstep/ledger';
import type { EngineScopedUnit } from '@lockstep/storage';
import { bookedAllocation } from '../state/booked-allocation';
import { ALLOCATION_ASSET } from '../state/real-equity';

/**
 * Books what is missing between a copy's allocation in the ledger and `wanted`: all of it at the activation, the difference at a change, and zero at the
 * end, when nothing is assigned to the copy any more and its venue cash keeps what it gained. `cause` names what changed it, once per copy; doing it
 * again books nothing. Call it shortly before the unit's events.
 */
export async function bookAllocation(unit: EngineScopedUnit, copyId: CopyId, wanted: Money, cause: string, at: EpochMs): Promise<void> {
  const booked = await bookedAllocation(unit, copyId);
  const transaction = postAllocation(causedIn(copyId, cause), copyId, at, ALLOCATION_ASSET, money(wanted - booked));
  if (transaction !== null) await unit.ledger.post([transaction]);
}

const causedIn = (copyId: CopyId, cause: string): string => `${copyId}:${cause}`;

/** The source under which the ledger has what a cause changed of a copy's allocation. */
export const allocationSource = (copyId: CopyId, cause: string): string => `allocation:${causedIn(copyId, cause)}`;
