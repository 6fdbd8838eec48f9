import { idText, livemode, timeText, wireTime } from '@lockstep/delivery';
import { must } from '@lockstep/kernel';
import { KILL_TARGETS, type KillTarget, killTargetOf } from '@lockstep/risk';
import type { PlatformFlagRow } from '@lockstep/storage';
import { z } from 'zod';
import { listOf, named } from '../../http/documented';
import { livemodeField } from '../../http/fields';

const switchFields = {
  target: z
    .enum(KILL_TARGETS)
    .describe('What it stops. `platform` and `tenant` are the operator’s alone; `environment` is everything of the tenant in this environment.'),
  target_id: z.string().nullable().describe('Id of the target; the tenant’s for `tenant` and `environment`, null for `platform`.'),
  active: z.boolean().describe('True: no new risk is taken for the target; exits go on.'),
  reason: z.string().nullable().describe('Why it was turned last, as whoever turned it put it.'),
  actor: z
    .string()
    .nullable()
    .describe('Who turned it last: the API key’s id, or `operator:` and an operator key’s kid; null when it was never turned.'),
  changed_at: timeText.nullable().describe('When it was turned last; null when it never was.'),
};

/** A kill switch as its tenant sees it. */
export const killSwitchSchema = named('KillSwitch', z.object({ livemode: livemodeField, ...switchFields }).describe('A switch that stops new risk.'));
export const killSwitchListSchema = listOf('KillSwitchList', killSwitchSchema);
export type KillSwitchBody = z.output<typeof killSwitchSchema>;

/** A kill switch as the operator sees it. */
export const operatorKillSwitchSchema = named(
  'OperatorKillSwitch',
  z
    .object({
      tenant_id: idText('ten').nullable().describe('The tenant whose it is; null for the platform’s.'),
      livemode: z.boolean().nullable().describe('The environment it reaches; null for both.'),
      ...switchFields,
    })
    .describe('A switch that stops new risk.'),
);
export const operatorKillSwitchListSchema = listOf('OperatorKillSwitchList', operatorKillSwitchSchema);
export type OperatorKillSwitchBody = z.output<typeof operatorKillSwitchSchema>;

/** How a switch stands: the row, or null when it was never turned. */
type Standing = Pick<PlatformFlagRow, 'active' | 'reason' | 'actor' | 'updatedAt'> | null;

export const targetId = (target: KillTarget): string | null => (target.kind === 'platform' ? null : target.id);

const standingBody = (target: KillTarget, row: Standing) => ({
  target: target.kind,
  target_id: targetId(target),
  active: row?.active ?? false,
  reason: row?.reason ?? null,
  actor: row?.actor ?? null,
  changed_at: row === null ? null : wireTime(row.updatedAt),
});

export const killSwitchBody = (environment: 'live' | 'test', target: KillTarget, row: Standing): KillSwitchBody => ({
  livemode: livemode(environment),
  ...standingBody(target, row),
});

/** A stored switch by its name's target. A name that is none of ours is left out by the caller. */
export const storedKillSwitchBody = (environment: 'live' | 'test', row: PlatformFlagRow): KillSwitchBody =>
  killSwitchBody(environment, targetOf(row), row);

export const operatorKillSwitchBody = (target: KillTarget, row: PlatformFlagRow | null): OperatorKillSwitchBody => ({
  tenant_id: row?.tenantId ?? (target.kind === 'tenant' ? target.id : null),
  livemode: row === null || row.environment === null ? null : livemode(row.environment),
  ...standingBody(target, row),
});

export const storedOperatorKillSwitchBody = (row: PlatformFlagRow): OperatorKillSwitchBody => operatorKillSwitchBody(targetOf(row), row);

function targetOf(row: PlatformFlagRow): KillTarget {
  const target = killTargetOf(row.name);
  must(target !== null, 'a switch of a scope is named after its target');
  return target;
}
