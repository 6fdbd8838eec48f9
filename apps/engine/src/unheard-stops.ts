import type { TenantScope } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import type { EngineScopedUnit } from '@lockstep/storage';
import type { UnreadCommands } from './commands/stop-wishes';
import type { EngineContext } from './context';

type Parts = Pick<EngineContext, 'wishes' | 'knownStops' | 'clock'>;

/** How old what is known of stops may be as an entry begins to leave, in ms: so long after its answer a stop acts (product §3). */
const KNOWN_MAX_MS = 100;

/** What ends new risk of a scope and was not heard of yet. */
export interface UnheardStops {
  readonly commands: UnreadCommands;
  /** Of kill switches and suspensions. */
  readonly names: readonly string[];
  /** Monotonic ms: a stop that was answered before is among these, or was known. */
  readonly asOf: number;
}

/** What is asked for beside what only closes: nobody keeps that back. */
export const NOTHING_UNHEARD: UnheardStops = { commands: [], names: [], asOf: Number.NEGATIVE_INFINITY };

/**
 * Reads what ends new risk and no wake-up told of, in the transaction that writes down entries before they leave: a stop that was answered before keeps them back
 * (product §3). {@link meetUnheard} takes it up after the commit.
 */
export async function unheardStops({ wishes, knownStops, clock }: Parts, scope: TenantScope, unit: EngineScopedUnit): Promise<UnheardStops> {
  const askedAt = clock.monotonic();
  const commands = await wishes.unread(scope, unit.commands);
  const { names, asOf } = await knownStops.unheard(scope, unit.killSwitches);
  return { commands, names, asOf: Math.min(askedAt, asOf) };
}

/** What was read acts as if a wake-up had told of it. */
export function meetUnheard({ wishes, knownStops }: Parts, scope: TenantScope, { commands, names }: UnheardStops): void {
  wishes.meetPending(scope, commands);
  knownStops.meet(names);
}

/** Reads what ends new risk of a scope and no wake-up told of, and takes it up. Returns the moment it is known of, monotonic ms. */
export async function readStops(ctx: EngineContext, scope: TenantScope): Promise<number> {
  const unheard = await ctx.storage.scoped(scope, (unit) => unheardStops(ctx, scope, unit), { readOnly: true });
  meetUnheard(ctx, scope, unheard);
  return unheard.asOf;
}

/** Whether stops as of that moment are known well enough for an entry to leave now. */
export const isFresh = ({ clock }: Pick<EngineContext, 'clock'>, asOf: number): boolean => clock.monotonic() - asOf <= KNOWN_MAX_MS;

/**
 * As of which moment, monotonic ms, the stops of a scope are known as its entries are about to leave: a commit that took long left what was read beside it old, and
 * then it is read once more. Waits for that no longer than what it says would be fresh; where it cannot be read, the moment stays what it was.
 */
export async function freshStops(ctx: EngineContext, scope: TenantScope, asOf: number): Promise<number> {
  if (isFresh(ctx, asOf)) return asOf;
  const reading = readStops(ctx, scope).catch((failure: unknown) => {
    ctx.log.error('stops could not be read before entries leave', { error: failure });
    return asOf;
  });
  return await Promise.race([reading, pause(ctx.timers, KNOWN_MAX_MS).then(() => asOf)]);
}
