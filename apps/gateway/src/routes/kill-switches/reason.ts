import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { textField } from '../../http/fields';

/** Body of every turn of a switch. */
export class TurnSwitchDto extends createZodDto(
  z.strictObject({
    reason: textField(500).optional().describe('Why, in your own words. Whoever the switch stops can read it.'),
  }),
) {}
