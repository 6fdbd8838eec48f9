import { z } from 'zod';
import { timeText } from '../wire';
import { copyEvents } from './copy-events';
import { moneyEvents } from './money-events';
import { orderEvents } from './order-events';
import { tenantEvents } from './tenant-events';

/**
 * The event catalogue. A type and version name one schema for ever: members may be added, none is removed, renamed or changed in meaning;
 * anything else is a new version beside the old. Readers ignore members they do not know.
 */
export const EVENTS = { ...orderEvents, ...copyEvents, ...moneyEvents, ...tenantEvents } as const;

export type EventType = keyof typeof EVENTS;
export type EventData<T extends EventType> = z.infer<(typeof EVENTS)[T]['data']>;
export const EVENT_TYPES = Object.keys(EVENTS) as readonly EventType[];

/** One event as it leaves: in the stream, by REST and in webhooks alike. */
export interface CatalogueEvent<T extends EventType = EventType> {
  readonly id: string;
  readonly type: T;
  readonly version: number;
  readonly livemode: boolean;
  /** When it happened, not when it was written down. */
  readonly occurred_at: string;
  readonly data: EventData<T>;
}

export const isEventType = (text: string): text is EventType => Object.hasOwn(EVENTS, text);

const envelope = z.object({
  id: z.string().regex(/^evt_[0-9a-hjkmnp-tv-z]{26}$/),
  type: z.string(),
  version: z.int().min(1),
  livemode: z.boolean(),
  occurred_at: timeText,
});

/** The zod schema of one type's whole event; also the source of its documentation. */
export function eventSchema<T extends EventType>(type: T) {
  const definition: (typeof EVENTS)[T] = EVENTS[type];
  const data: (typeof EVENTS)[T]['data'] = definition.data;
  return envelope.extend({ type: z.literal(type), data }).meta({ id: `Event_${type.replaceAll('.', '_')}` });
}
