import { z } from 'zod';
import { idText } from '../wire';
import { define } from './define';

const command = z.object({ command_no: z.string(), kind: z.string(), target_id: z.string(), reason: z.string().nullable() });
const leader = z.object({ leader_id: idText('ldr'), status: z.string(), reason: z.string().nullable() });

/** What a tenant asked for, and what became of it. */
export const tenantEvents = {
  'command.applied': define(1, 'The engine acted on a request.', command),
  'command.refused': define(1, 'The engine could not act on a request.', command.extend({ reason: z.string() })),
  'leader.changed': define(1, 'A leader’s status changed.', leader),
} as const;
