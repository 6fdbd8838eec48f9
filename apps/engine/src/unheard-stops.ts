import type { TenantScope } from '@lockstep/kernel';
import type { EngineScopedUnit } from '@lockstep/storage';
import type { UnreadCommands } from './commands/stop-wishes';
import type { EngineContext } from './context';

type Parts = Pick<EngineContext, 'wishes' | 'knownStops'>;

/** What ends new risk of a scope and was not heard of yet. */
export interface UnheardStops {
  readonly commands: UnreadCommands;
  /** Of kill switches and suspensions. */
  readonly names: readonly string[];
}

export const NOTHING_UNHEARD: UnheardStops = { commands: [], names: [] };

/**
 * Reads what ends new risk and no wake-up told of, in the transaction that writes down what may leave once it is committed: a stop that was answered before keeps it back
 * (product §3). {@link meetUnheard} takes it up after the commit.
 */
export async function unheardStops({ wishes, knownStops }: Parts, scope: TenantScope, unit: EngineScopedUnit): Promise<UnheardStops> {
  return { commands: await wishes.unread(scope, unit.commands), names: await knownStops.unheard(scope, unit.killSwitches) };
}

/** What was read acts as if a wake-up had told of it. */
export function meetUnheard({ wishes, knownStops }: Parts, scope: TenantScope, { commands, names }: UnheardStops): void {
  wishes.meetPending(scope, commands);
  knownStops.meet(names);
}
