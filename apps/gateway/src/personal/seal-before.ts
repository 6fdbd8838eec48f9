import { setTimeout as sleep } from 'node:timers/promises';
import { ENVIRONMENTS, type FollowerId, type TenantScope } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { GatewayContext } from '../app/context';
import { plainBatch, sealAlone, sealBatch } from './earlier-names';

type Context = Pick<GatewayContext, 'storage' | 'keys' | 'log'>;

export const SEALING_LIMITS = {
  /** Names that one pass looks at. */
  passFollowersMax: 50_000,
  /** From one pass to the next. */
  pauseMs: 600_000,
  /** Passes in a row that find nothing, after which no older gateway can be writing names any more. */
  quietPasses: 12,
} as const;

/** What a pass did: names it sealed, and followers and scopes it could not. */
export interface SealingPass {
  readonly sealed: number;
  readonly failed: number;
}

/**
 * Seals the followers' names that a gateway of before kept, or an older one that still runs keeps, as they were given: scope by scope and a batch at a time, and
 * one by one where a batch fails; names are read either way meanwhile. Several gateways may do this at once. What fails is logged by id and stops nothing else.
 */
export async function sealNamesOfBefore(context: Context): Promise<SealingPass> {
  const pass = { sealed: 0, failed: 0, left: SEALING_LIMITS.passFollowersMax };
  try {
    const tenants = await context.storage.platform((unit) => unit.tenants.find({}), { readOnly: true });
    for (const scope of tenants.flatMap(({ id }) => ENVIRONMENTS.map((environment) => scopeFromPlatformList(id, environment)))) {
      try {
        await sealScope(context, scope, pass);
      } catch (error) {
        pass.failed += 1;
        context.log.error('names of followers could not be sealed', { tenant: scope.tenantId, environment: scope.environment, error });
      }
    }
  } catch (error) {
    pass.failed += 1;
    context.log.error('names of followers could not be sealed', { error });
  }
  if (pass.sealed > 0) context.log.info('names of followers sealed', { followers: pass.sealed });
  return { sealed: pass.sealed, failed: pass.failed };
}

/** Makes passes until so many in a row had nothing to do, or the signal ends it. */
export async function sealUntilQuiet(
  pass: () => Promise<SealingPass>,
  signal: AbortSignal,
  { pauseMs, quietPasses }: { readonly pauseMs: number; readonly quietPasses: number } = SEALING_LIMITS,
): Promise<void> {
  for (let quiet = 0; !signal.aborted; ) {
    const { sealed, failed } = await pass();
    quiet = sealed + failed === 0 ? quiet + 1 : 0;
    if (quiet >= quietPasses) return;
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

interface Progress {
  sealed: number;
  failed: number;
  left: number;
}

async function sealScope(context: Context, scope: TenantScope, pass: Progress): Promise<void> {
  for (let after = ''; pass.left > 0; ) {
    const batch = await sealNext(context, scope, after, pass);
    if (batch.length === 0) return;
    pass.left -= batch.length;
    after = batch.at(-1) ?? after;
  }
}

/** Seals the next batch at once, or one by one where one of it refuses; the ids it was about. */
async function sealNext(context: Context, scope: TenantScope, after: string, pass: Progress): Promise<readonly FollowerId[]> {
  let ids: readonly FollowerId[] = [];
  try {
    await context.storage.scoped(scope, async (unit) => {
      const rows = await plainBatch(unit, after);
      ids = rows.map(({ id }) => id);
      await sealBatch(context.keys, unit, rows);
    });
    pass.sealed += ids.length;
  } catch (error) {
    if (ids.length === 0) throw error;
    for (const id of ids) await sealOne(context, scope, id, pass);
  }
  return ids;
}

async function sealOne({ storage, keys, log }: Context, scope: TenantScope, id: FollowerId, pass: Progress): Promise<void> {
  try {
    const became = await storage.scoped(scope, (unit) => sealAlone(keys, unit, id));
    if (became !== 'none') pass.sealed += 1;
    if (became === 'apart') log.warn('a follower has the name of another: it is sealed, and found by the other alone', { follower: id });
  } catch (error) {
    pass.failed += 1;
    log.error('the name of a follower could not be sealed', { follower: id, error });
  }
}
