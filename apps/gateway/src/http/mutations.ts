import { createHash } from 'node:crypto';
import { WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import { must, type Result } from '@lockstep/kernel';
import { type NewCommand, runIdempotent, type ScopedUnit } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Answer } from './answer';
import type { Call } from './call';
import { ProblemException, type Refusal } from './problem-exception';

/** Longest key taken; UUIDs have 36 characters. */
const KEY_MAX_CHARS = 255;

/** Runs a tenant's changes: in one transaction, once per Idempotency-Key, with a line in the audit log and wake-ups after the commit. */
@Injectable()
export class Mutations {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  /**
   * Runs `work` in a unit of the caller's scope and answers `status` with what it returns. A refusal rolls everything back and is not stored under the key:
   * nothing was executed. With an Idempotency-Key the answer and the effect are committed together and repeated for 72 h.
   */
  async run<T>(call: Call, status: number, work: (unit: ScopedUnit) => Promise<Result<T, Refusal>>): Promise<Answer<T>> {
    const key = keyOf(call.idempotencyHeader);
    const outcome = await this.context.storage.tryScoped(call.scope, async (unit) => {
      if (key === null) return this.once(unit, status, work);
      let refused: Refusal | null = null;
      const ran = await runIdempotent(unit, { key, fingerprint: fingerprintOf(call), requestId: call.requestId }, async () => {
        const result = await work(unit);
        if (!result.ok) refused = result.error;
        const body = result.ok ? JSON.stringify(result.value) : '';
        return { answer: { status, headers: {}, body }, keep: result.ok };
      });
      if (refused !== null) return { refused };
      if (!ran.ok) return { refused: { code: ran.error === 'in_progress' ? 'idempotency_key_in_use' : 'idempotency_key_reused' } satisfies Refusal };
      const { replayed, originalRequestId, body, status: stored } = ran.value;
      return {
        answer: new Answer<T>(
          stored,
          JSON.parse(body),
          replayed ? { 'Idempotency-Replayed': 'true', 'X-Original-Request-Id': originalRequestId } : {},
        ),
      };
    });
    if (!outcome.ok) throw new ProblemException('version_conflict');
    if ('refused' in outcome.value) throw problemOf(outcome.value.refused);
    return outcome.value.answer;
  }

  /** Appends a command for the engine and wakes it after the commit. */
  async command(unit: ScopedUnit, command: NewCommand): Promise<bigint> {
    const no = await unit.commands.append(command);
    this.wake(unit, WAKEUP_CHANNELS.commands);
    return no;
  }

  /** Wakes whoever listens on the channel once the unit is committed. A lost wake-up is made good by the listener's poll. */
  wake(unit: ScopedUnit, channel: string): void {
    unit.afterCommit(() =>
      this.context.wakeups
        .publish(channel, wakeupPayload(unit.scope))
        .catch((error: unknown) => this.context.log.warn('wake-up lost', { channel, error })),
    );
  }

  /** Writes who did what. */
  async audit(unit: ScopedUnit, call: Call, action: string, targetId: string, detail: unknown = {}): Promise<void> {
    await unit.audit.insert({
      id: this.context.ids.next('audit'),
      actor: call.key.keyId,
      action,
      targetId,
      requestId: call.requestId,
      detail,
      createdAt: unit.now,
    });
  }

  private async once<T>(
    unit: ScopedUnit,
    status: number,
    work: (unit: ScopedUnit) => Promise<Result<T, Refusal>>,
  ): Promise<{ readonly answer: Answer<T> } | { readonly refused: Refusal }> {
    const result = await work(unit);
    if (result.ok) return { answer: new Answer(status, result.value) };
    unit.discard();
    return { refused: result.error };
  }
}

const problemOf = ({ code, detail, errors }: Refusal): ProblemException =>
  new ProblemException(code, { ...(detail === undefined ? {} : { detail }), ...(errors === undefined ? {} : { errors }) });

/** The key without the quotes of a structured field; null when none was sent. */
function keyOf(text: string | null): string | null {
  if (text === null) return null;
  const key = /^"([^"\\]*)"$/.exec(text.trim())?.[1] ?? text.trim();
  if (key.length > 0 && key.length <= KEY_MAX_CHARS && /^[!-~]+$/.test(key)) return key;
  throw new ProblemException('idempotency_key_invalid', { detail: `Send 1 to ${KEY_MAX_CHARS} visible ASCII characters, for example a UUID.` });
}

/** Digest of what the request asks: method, path and canonical body. */
function fingerprintOf(call: Call): Buffer {
  must(call.operation !== '', 'a call names its operation');
  return createHash('sha256').update(call.operation).update('\n').update(canonical(call.body)).digest();
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
    .join(',')}}`;
}
