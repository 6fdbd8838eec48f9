import { type CopyId, ENVIRONMENTS, type Environment, type FollowerId, isId, type LeaderId, type TenantId } from '@lockstep/kernel';

/** What a kill switch stops: no new risk is taken for it, exits go on. `tenant` is the operator's and reaches both environments; `environment` is the tenant's own. */
export const KILL_TARGETS = ['platform', 'tenant', 'environment', 'leader', 'follower', 'copy'] as const;

export type KillTarget =
  | { readonly kind: 'platform' }
  | { readonly kind: 'tenant'; readonly id: TenantId }
  | { readonly kind: 'environment'; readonly id: TenantId; readonly environment: Environment }
  | { readonly kind: 'leader'; readonly id: LeaderId }
  | { readonly kind: 'follower'; readonly id: FollowerId }
  | { readonly kind: 'copy'; readonly id: CopyId };

/** Name of the switch that stops new risk everywhere; `kill_switch:<key>` stops it for what the key names. */
export const KILL_SWITCH = 'kill_switch';
const PREFIX = `${KILL_SWITCH}:`;

/** Key of a tenant's own switch for everything it has in one environment. */
export const environmentKey = (tenantId: string, environment: Environment): string => `${tenantId}:${environment}`;

/** The name a target's switch is kept under. Each target has one, so that who set it cannot be mistaken for another. */
export function killSwitchName(target: KillTarget): string {
  if (target.kind === 'platform') return KILL_SWITCH;
  return PREFIX + (target.kind === 'environment' ? environmentKey(target.id, target.environment) : target.id);
}

/** The key after the prefix; null for a name of another kind and for the platform's own, which has no key. */
export const killSwitchKey = (name: string): string | null => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null);

/** The target behind a name; null for a name that is none of ours. */
export function killTargetOf(name: string): KillTarget | null {
  if (name === KILL_SWITCH) return { kind: 'platform' };
  const [id = '', environment, ...more] = (killSwitchKey(name) ?? '').split(':');
  if (more.length > 0) return null;
  if (environment !== undefined) {
    const known = ENVIRONMENTS.find((one) => one === environment);
    return known !== undefined && isId('tenant', id) ? { kind: 'environment', id, environment: known } : null;
  }
  if (isId('tenant', id)) return { kind: 'tenant', id };
  if (isId('leader', id)) return { kind: 'leader', id };
  if (isId('follower', id)) return { kind: 'follower', id };
  return isId('copy', id) ? { kind: 'copy', id } : null;
}
