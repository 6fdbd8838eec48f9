import { present, type TenantScope } from '@lockstep/kernel';
import { type Opener, opener, publicKeyOf, type Sealer, type Secret, sealer, sealingContext } from '@lockstep/platform';
import { everyScope, type SealedAgentKey, type SealPlace, type Storage } from '@lockstep/storage';

/** What became of the boxes a run met. */
export interface ResealReport {
  readonly resealed: number;
  /** Replaced by an engine or a gateway in the same moment; the next pass looks at them again. */
  readonly overtaken: number;
  /** Boxes no key of ours opens, and how many of each key. They stay as they are. */
  readonly unopened: ReadonlyMap<string, number>;
}

export interface ResealOptions {
  /** Boxes sealed anew in one transaction. */
  readonly batchMax: number;
  /** Told after each batch that is committed. */
  readonly onBatch?: (scope: TenantScope, resealed: number) => void | Promise<void>;
}

/** A pass that finds boxes only because writers were quicker is followed by another, at most so often. */
const PASSES_MAX = 5;

/**
 * Seals every agent key anew for the first of the private keys, in one transaction per batch. What is done is never done again, so that a run which was ended
 * goes on where it was. A box is replaced only where it still stands: engines and gateways may write meanwhile. A running engine has to hold the first
 * key already: it opens a renewed agent's key when that is approved.
 */
export async function reseal(storage: Storage, privateKeys: readonly Secret<string>[], options: ResealOptions): Promise<ResealReport> {
  const own = opener(privateKeys);
  const newest = sealer(publicKeyOf(present(privateKeys[0], 'a sealing key')));
  let report: ResealReport = { resealed: 0, overtaken: 0, unopened: new Map() };
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const found = await passOver(storage, own, newest, options);
    report = { ...found, resealed: report.resealed + found.resealed };
    if (found.resealed === 0 && found.overtaken === 0) break;
  }
  return report;
}

async function passOver(storage: Storage, own: Opener, newest: Sealer, options: ResealOptions): Promise<ResealReport> {
  const [sum, unopened] = [{ resealed: 0, overtaken: 0 }, new Map<string, number>()];
  for (const scope of await everyScope(storage)) {
    let after: SealPlace | null = null;
    for (;;) {
      const from: SealPlace | null = after;
      const batch = await storage.scoped(scope, async (unit) => {
        const boxes = await unit.seals.others(newest.keyId, from, options.batchMax);
        const ends: { readonly box: SealedAgentKey; readonly end: 'resealed' | 'overtaken' | 'unopened' }[] = [];
        for (const box of boxes) {
          const sealed = anew(own, newest, scope, box);
          if (sealed === null) ends.push({ box, end: 'unopened' });
          else ends.push({ box, end: (await unit.seals.replace(box, sealed)) ? 'resealed' : 'overtaken' });
        }
        return ends;
      });
      for (const { box, end } of batch) {
        if (end === 'unopened') unopened.set(keyIdIn(box), (unopened.get(keyIdIn(box)) ?? 0) + 1);
        else sum[end] += 1;
      }
      const resealed = batch.filter(({ end }) => end === 'resealed').length;
      if (resealed > 0) await options.onBatch?.(scope, resealed);
      if (batch.length < options.batchMax) break;
      after = batch.at(-1)?.box ?? null;
    }
  }
  return { ...sum, unopened };
}

/** The same secret in a box for the newest key; null where none of ours opens it. The secret is wiped behind. */
function anew(own: Opener, newest: Sealer, { tenantId, environment }: TenantScope, box: SealedAgentKey): Buffer | null {
  const context = sealingContext(tenantId, environment, box.venueAccountId);
  const opened = own.open(box.sealed, context);
  if (!opened.ok) return null;
  const sealed = Buffer.from(newest.seal(opened.value, context));
  opened.value.fill(0);
  return sealed;
}

/** As the database reads it, so that counts of both agree. */
const keyIdIn = ({ sealed }: SealedAgentKey): string => sealed.subarray(1, 9).toString('hex');
