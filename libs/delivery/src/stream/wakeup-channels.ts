import type { TenantScope } from '@lockstep/kernel';

/** Channels of wake-ups between processes. A wake-up says "look again" and names the scope; it carries no data and may be lost. */
export const WAKEUP_CHANNELS = {
  /** Events were appended: gateways push them to their streams. */
  events: 'events',
  /** A command was written: the engine applies it. */
  commands: 'commands',
  /** A kill switch or a suspension was turned: engines look at them at once. Names nobody. */
  stops: 'stops',
  /** A job was written: a back office runs it. */
  jobs: 'jobs',
  /** A key was revoked: gateways close its streams. */
  keys: 'keys',
} as const;

/** The payload: whose data to look at. */
export const wakeupPayload = (scope: TenantScope): string => `${scope.tenantId}|${scope.environment}`;
