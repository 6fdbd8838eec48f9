import { z } from 'zod';
import { idText } from '../wire';
import { define } from './define';

const command = z.object({ command_no: z.string(), kind: z.string(), target_id: z.string(), reason: z.string().nullable() });
const tenant = z.object({ tenant_id: idText('ten'), status: z.string() });
const killSwitch = z.object({
  target: z.string().describe('What it stops: `platform`, `tenant`, `environment`, `leader`, `follower` or `copy`.'),
  target_id: z.string().nullable().describe('Its id; null for the platform.'),
  active: z.boolean(),
  reason: z.string().nullable(),
  actor: z.string().describe('The API key’s id, or `operator:` and an operator key’s kid.'),
});
const leader = z.object({ leader_id: idText('ldr'), status: z.string(), reason: z.string().nullable() });

/** What a tenant asked for, and what became of it. */
export const tenantEvents = {
  'command.applied': define(1, 'The engine acted on a request.', command),
  'command.refused': define(1, 'The engine could not act on a request.', command.extend({ reason: z.string() })),
  'leader.changed': define(1, 'A leader’s status changed.', leader),
  'tenant.changed': define(1, 'The operator suspended the tenant or made it active again.', tenant),
  'kill_switch.changed': define(1, 'A kill switch that stops something of the tenant was turned on or off.', killSwitch),
} as const;
