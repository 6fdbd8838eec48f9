import { timeText } from '@lockstep/delivery';
import { z } from 'zod';
import { named } from '../http/documented';

/** A ticket for a browser's stream. */
export const streamTicketSchema = named(
  'StreamTicket',
  z
    .object({
      ticket: z.string().describe('Good once, on any gateway, from the address it was asked for.'),
      path: z.string(),
      subprotocols: z.array(z.string()).describe('Offer both when you open the WebSocket.'),
      expires_at: timeText,
    })
    .describe('What opens a browser’s stream.'),
);
