import type { TenantScope } from '@lockstep/kernel';
import type { EngineContext } from '../context';
import { type ActivationTry, activateAccount } from './activate-account';
import { type CommandEnd, type CommandParts, type LaterEnd, later } from './command-end';

/** How often an activation is carried out before a reason that passes by itself refuses it. */
export const ACTIVATION_TRIES_MAX = 8;
/** Wait between two tries, in ms. A venue that removed an agent takes the next one of its name after about five seconds. */
export const ACTIVATION_RETRY_MS = 6_000;

/**
 * Activates an account; what may pass by itself (a reading that failed, an agent the venue has not let go of, an answer that was lost) is tried again, a bounded
 * number of times, so that an agent whose approval stands is taken up without anybody asking. A process that dies in between leaves the command pending.
 */
export async function activateInTime(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  { command, attempt }: Omit<ActivationTry, 'isLast'>,
): Promise<CommandEnd | LaterEnd> {
  const isLast = attempt >= ACTIVATION_TRIES_MAX;
  const { end, mayPass } = await activateAccount(ctx, parts, scope, { command, attempt, isLast });
  if (end.status === 'applied' || !mayPass || isLast) return end;
  ctx.log.warn('an activation is tried again', { venueAccountId: command.targetId, attempt, reason: end.reason, detail: end.detail });
  return later(ACTIVATION_RETRY_MS);
}
