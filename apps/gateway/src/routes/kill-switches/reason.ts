import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';

/** Body of every turn of a switch. */
export class TurnSwitchDto extends createZodDto(
  z.strictObject({
    reason: z.string().trim().min(1).max(500).optional().describe('Why, in your own words. Whoever the switch stops can read it.'),
  }),
) {}
