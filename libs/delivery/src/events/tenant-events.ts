import { z } from 'zod';
import { idText, timeText } from '../wire';
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

const access = z.object({ leader_id: idText('ldr'), access: z.enum(['everyone', 'granted']), actor: z.string().describe('The API key’s id.') });
const terms = z.object({
  leader_id: idText('ldr'),
  version: z.int().min(1),
  document_url: z.string(),
  sha256: z.string(),
  binding_from: timeText.describe('From then on copies take no new risk without consent to this version or a newer one.'),
  actor: z.string().describe('The API key’s id.'),
});
const entitlement = z.object({
  entitlement_id: idText('ent'),
  leader_id: idText('ldr'),
  follower_id: idText('flw'),
  status: z.enum(['granted', 'revoked']).describe('Its end by time is told by `until`, and by no event of its own.'),
  until: timeText.nullable().describe('It ends with this moment; null: with none.'),
  actor: z.string().describe('The API key’s id.'),
});

const followerErased = z.object({ follower_id: idText('flw') });

const keyRevoked = z.object({
  key_id: idText('key'),
  hint: z.string().describe('What may be shown of the key.'),
  reason: z.enum(['revoked', 'leaked']).describe('`leaked`: somebody found the key and reported it.'),
  actor: z.string().describe('The API key’s id, or `leak_report`.'),
});

/** What a tenant asked for, and what became of it. */
export const tenantEvents = {
  'command.applied': define(1, 'The engine acted on a request.', command),
  'command.refused': define(1, 'The engine could not act on a request.', command.extend({ reason: z.string() })),
  'leader.changed': define(1, 'A leader’s status changed.', leader),
  'leader.access_changed': define(1, 'Who may copy a leader changed.', access),
  'leader.terms_published': define(1, 'A version of a leader’s terms was published.', terms),
  'entitlement.changed': define(1, 'A follower’s entitlement to copy a leader was granted, renewed or revoked.', entitlement),
  'follower.erased': define(1, 'What was known of the person behind a follower was erased; its key is destroyed.', followerErased),
  'api_key.revoked': define(1, 'An API key was revoked, or reported as leaked and therefore revoked.', keyRevoked),
  'tenant.changed': define(1, 'The operator suspended the tenant or made it active again.', tenant),
  'kill_switch.changed': define(1, 'A kill switch that stops something of the tenant was turned on or off.', killSwitch),
} as const;
