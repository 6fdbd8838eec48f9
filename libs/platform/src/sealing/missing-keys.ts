/** Boxes of accounts that are not closed, and no key that opens them. */
export interface MissingKey {
  /** 16 hexadecimal digits. */
  readonly keyId: string;
  readonly inUse: number;
}

/** Keys that accounts in use need, that are not held, and that nobody has declared lost. */
export function missingKeys(counts: readonly MissingKey[], held: readonly string[], lost: readonly string[]): readonly MissingKey[] {
  return counts
    .filter(({ keyId, inUse }) => inUse > 0 && !held.includes(keyId) && !lost.includes(keyId))
    .map(({ keyId, inUse }) => ({ keyId, inUse }));
}

/** What an operator reads where keys are missing: which, for how many accounts, and what to do. */
export function describeMissing(missing: readonly MissingKey[], held: readonly string[]): string {
  const lines = missing.map(({ keyId, inUse }) => `  ${keyId}: seals ${inUse} agent ${inUse === 1 ? 'key' : 'keys'} in use`);
  return [
    `The engine would not open every agent key: ${missing.length === 1 ? 'a sealing key is' : `${missing.length} sealing keys are`} missing.`,
    ...lines,
    `Held: ${held.join(', ')}.`,
    'Put the missing key back, behind the others in LOCKSTEP_SEALING_PRIVATE_KEYS (or in keys/sealing-private of the data folder), and run `npm run seals -- reseal`.',
    'Where it is lost for good, name its id in LOCKSTEP_SEALING_LOST_KEYS: its accounts sign nothing until their agent is renewed.',
  ].join('\n');
}
