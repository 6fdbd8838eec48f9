import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { type Traces, traceOfCommand } from '@lockstep/platform';
import type { CommandRow } from '@lockstep/storage';

/** A command that was carried out or refused. */
export interface EndedCommand {
  readonly scope: TenantScope;
  readonly command: Pick<CommandRow, 'no' | 'kind' | 'actor' | 'createdAt'>;
  /** When this process began to carry it out. */
  readonly begunAt: EpochMs;
  readonly endedAt: EpochMs;
  /** Null: it was carried out. */
  readonly refusedFor: string | null;
  /** How often this process took it in hand. */
  readonly attempts: number;
}

/** Keys' ids begin so; a command of one was asked for by a request, which the gateway tells of as its cause. */
const KEY_PREFIX = 'key_';

/**
 * Tells of a command that ended, from when it was asked for: below the request that asked, where one did. Its target is not named, because it may be a follower's.
 * Clocks of others may run ahead: nothing ends before it begins.
 */
export function traceCommand(traces: Traces, { scope, command, begunAt, endedAt, refusedFor, attempts }: EndedCommand): void {
  if (!traces.on) return;
  const { cause, whole } = traceOfCommand(scope, command.no.toString());
  const askedAt = Math.min(command.createdAt, begunAt);
  const root = traces.tell({
    name: `command ${command.kind}`,
    startMs: askedAt,
    endMs: Math.max(begunAt, endedAt),
    parent: command.actor.startsWith(KEY_PREFIX) ? cause : null,
    ...whole,
    kind: 'internal',
    // What was asked for and not done is what somebody looks for.
    failed: refusedFor !== null,
    facts: {
      'command.no': command.no.toString(),
      'command.kind': command.kind,
      'command.attempts': attempts,
      'tenant.id': scope.tenantId,
      'tenant.environment': scope.environment,
      ...(refusedFor !== null && { 'command.refused_for': refusedFor }),
    },
  });
  const stages = [
    { name: 'wait', startMs: askedAt, endMs: begunAt },
    { name: 'carry out', startMs: begunAt, endMs: Math.max(begunAt, endedAt) },
  ];
  for (const stage of stages) traces.tell({ ...stage, parent: root, kind: 'internal', facts: {}, failed: false });
}
