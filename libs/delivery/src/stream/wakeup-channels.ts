import { isId, type TenantId, type TenantScope } from '@lockstep/kernel';

/**
 * Channels of wake-ups between processes. A wake-up says "look again" and names the scope; it may be lost. What ends new risk is named too, so that it does
 * before a database that is slow has told it; whatever a wake-up names, the reading after it decides.
 */
export const WAKEUP_CHANNELS = {
  /** Events were appended: gateways push them to their streams. */
  events: 'events',
  /** A command was written: the engine applies it (`commandWakeup`). */
  commands: 'commands',
  /** A kill switch was turned, a tenant suspended or released: engines look at once. Names the switch that was engaged, or the suspension (`suspensionWakeup`), or nothing. */
  stops: 'stops',
  /** A job was written: a back office runs it. */
  jobs: 'jobs',
  /** A key was revoked: gateways close its streams. */
  keys: 'keys',
  /** A branding or a domain was changed: gateways forget what they kept of hosts. */
  brands: 'brands',
  /** A fault of a sandbox was set or ended: gateways look whether it strikes streams. */
  faults: 'faults',
} as const;

/** The payload: whose data to look at. */
export const wakeupPayload = (scope: TenantScope): string => `${scope.tenantId}|${scope.environment}`;

const SUSPENSION = 'suspension:';

/** The payload for a tenant that was suspended. It is the name of no kill switch. */
export const suspensionWakeup = (tenantId: TenantId): string => SUSPENSION + tenantId;

/** The tenant whose suspension a payload names; null: it names none. */
export function suspendedTenantOf(payload: string): TenantId | null {
  const id = payload.startsWith(SUSPENSION) ? payload.slice(SUSPENSION.length) : '';
  return isId('tenant', id) ? id : null;
}

/** What a command's wake-up names beside its scope. */
export interface CommandNamed {
  readonly kind: string;
  readonly targetId: string;
}

/** The payload for a command: the scope, what is wished, and of which object. */
export const commandWakeup = (scope: TenantScope, { kind, targetId }: CommandNamed): string => `${wakeupPayload(scope)}|${kind}|${targetId}`;

/** The scope of a payload as `wakeupPayload` writes it, and the command where one is named. */
export function parseCommandWakeup(payload: string): { readonly scope: string; readonly command: CommandNamed | null } {
  const [tenantId = '', environment = '', kind = '', targetId = ''] = payload.split('|');
  return { scope: `${tenantId}|${environment}`, command: kind === '' || targetId === '' ? null : { kind, targetId } };
}
