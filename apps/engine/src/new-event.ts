import { EVENTS, type EventData, type EventType } from '@lockstep/delivery';
import type { EpochMs } from '@lockstep/kernel';
import type { NewEvent } from '@lockstep/storage';
import type { EngineContext } from './context';

/** An event of the catalogue as the outbox takes it; it becomes public with the transaction it is appended in. */
export function newEvent<T extends EventType>(ctx: Pick<EngineContext, 'ids'>, type: T, occurredAt: EpochMs, data: EventData<T>): NewEvent {
  return { id: ctx.ids.next('event'), type, version: EVENTS[type].version, occurredAt: Math.floor(occurredAt), data: JSON.stringify(data) };
}
