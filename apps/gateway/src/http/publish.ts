import { EVENTS, type EventData, type EventType, WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import type { ScopedUnit } from '@lockstep/storage';
import type { GatewayContext } from '../app/context';

/** What happened, before it has an id and a time. */
export interface Told {
  readonly type: EventType;
  readonly version: number;
  /** JSON text, typed by the catalogue where it was made. */
  readonly data: string;
}

export const told = <T extends EventType>(type: T, data: EventData<T>): Told => ({ type, version: EVENTS[type].version, data: JSON.stringify(data) });

/** Has engines look at kill switches and suspensions at once, after the commit; `engaged` names the switch or suspension that keeps entries back from then on, if one does. */
export function wakeStops(context: Pick<GatewayContext, 'wakeups' | 'log'>, unit: Pick<ScopedUnit, 'afterCommit'>, engaged: string | null): void {
  unit.afterCommit(() =>
    context.wakeups
      .publish(WAKEUP_CHANNELS.stops, engaged ?? '')
      .catch((error: unknown) => context.log.warn('wake-up lost', { channel: WAKEUP_CHANNELS.stops, error })),
  );
}

/** Appends an event to the scope's log and wakes its readers after the commit. Call it last in the unit: it holds the log's head until the commit. */
export const publish = (context: Pick<GatewayContext, 'ids' | 'wakeups' | 'log'>, unit: ScopedUnit, event: Told): Promise<void> =>
  publishAll(context, unit, [event]);

/** As `publish`, of several events in order. */
export async function publishAll(context: Pick<GatewayContext, 'ids' | 'wakeups' | 'log'>, unit: ScopedUnit, events: readonly Told[]): Promise<void> {
  if (events.length === 0) return;
  await unit.events.append(events.map((event) => ({ id: context.ids.next('event'), occurredAt: unit.now, ...event })));
  unit.afterCommit(() =>
    context.wakeups
      .publish(WAKEUP_CHANNELS.events, wakeupPayload(unit.scope))
      .catch((error: unknown) => context.log.warn('wake-up lost', { channel: WAKEUP_CHANNELS.events, error })),
  );
}
