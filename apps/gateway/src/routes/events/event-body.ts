import { EVENT_TYPES, EVENTS, eventSchema } from '@lockstep/delivery';
import { z } from 'zod';
import { named } from '../../http/documented';

const positionText = z
  .string()
  .regex(/^[0-9a-z]{1,32}:(0|[1-9]\d{0,18})$/)
  .describe('A place in the stream, `epoch:seq`.');

/** `copy.state_changed` → `CopyStateChangedEvent`. */
const componentName = (type: string): string =>
  `${type
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Event`;

const schemas = EVENT_TYPES.map((type) => named(componentName(type), z.object(eventSchema(type).shape).describe(EVENTS[type].meaning)));
const [first, ...others] = schemas;
if (first === undefined) throw new TypeError('the catalogue has events');

const mapping = Object.fromEntries(EVENT_TYPES.map((type) => [type, `#/components/schemas/${componentName(type)}`]));

/** Any event of the catalogue, told apart by `type`. */
export const anyEventSchema = named(
  'Event',
  z
    .union([first, ...others])
    .describe('An event of the catalogue. New types and members may be added.')
    .meta({ discriminator: { propertyName: 'type', mapping } }),
);

export const eventListSchema = named(
  'EventList',
  z
    .object({
      data: z.array(z.object({ position: positionText, event: anyEventSchema })),
      position: positionText.nullable().describe('Send it as `after` for what follows; null before the stream began.'),
      top: positionText.nullable().describe('The newest place there is.'),
      has_more: z.boolean(),
    })
    .describe('Events after a position, oldest first.'),
);
