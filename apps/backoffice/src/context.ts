import { EVENTS, type EventData, type EventType, WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import type { Clock, Ids, TenantScope } from '@lockstep/kernel';
import type { Logger, Wakeups } from '@lockstep/platform';
import type { NewEvent, ScopedUnit, Storage } from '@lockstep/storage';
import type { BackofficeLimits } from './limits';
import type { Counters } from './observe';
import type { WorldControl } from './sandbox/world-control';

/** What every part of the back office works with. */
export interface BackofficeContext {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly storage: Storage;
  readonly wakeups: Wakeups;
  readonly limits: BackofficeLimits;
  readonly counters: Counters;
  /** The simulated venue, where tenants' own worlds are. */
  readonly worlds: WorldControl;
  /** Resolves after so many ms. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Appends events as a unit's last step and wakes the gateways once it is committed. */
export async function appendEvents(ctx: BackofficeContext, unit: ScopedUnit, events: readonly NewEvent[]): Promise<void> {
  await unit.events.append(events);
  unit.afterCommit(() => wake(ctx, WAKEUP_CHANNELS.events, unit.scope));
}

/** An event of the catalogue as the outbox takes it. */
export function newEvent<T extends EventType>(ctx: BackofficeContext, type: T, data: EventData<T>): NewEvent {
  return { id: ctx.ids.next('event'), type, version: EVENTS[type].version, occurredAt: ctx.clock.now(), data: JSON.stringify(data) };
}

/** Wakes whoever listens; a lost wake-up is made good by the listeners' own polling. */
export async function wake(ctx: BackofficeContext, channel: string, scope: TenantScope): Promise<void> {
  try {
    await ctx.wakeups.publish(channel, wakeupPayload(scope));
  } catch (error) {
    ctx.log.debug('wake-up not sent', { channel, error });
  }
}
