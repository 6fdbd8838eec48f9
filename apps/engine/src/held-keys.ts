import { describeMissing, missingKeys } from '@lockstep/platform';
import { type Storage, sealCounts } from '@lockstep/storage';

/**
 * Throws where an agent key in use is sealed for a key that this engine does not hold, naming the key's id and what to do: it would start, and those accounts
 * would sign nothing, which nobody would see before their first order. `lost` are ids of keys that are lost for good: nothing is refused for them.
 */
export async function assertKeysHeld(storage: Storage, held: readonly string[], lost: readonly string[]): Promise<void> {
  const missing = missingKeys(await sealCounts(storage), held, lost);
  if (missing.length > 0) throw new Error(describeMissing(missing, held));
}
