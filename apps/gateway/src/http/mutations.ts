import { commandWakeup, WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import type { Result } from '@lockstep/kernel';
import { type NewCommand, runIdempotent, type ScopedUnit } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Answer } from './answer';
import type { Call } from './call';
import { fingerprintOf, idempotencyKeyOf, keptAnswer, keyRefusal } from './idempotency';
import { ProblemException, problemOf, type Refusal } from './problem-exception';

/** Runs a tenant's changes: in one transaction, once per Idempotency-Key, with a line in the audit log and wake-ups after the commit. */
@Injectable()
export class Mutations {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  /**
   * Runs `work` in a unit of the caller's scope and answers `status` with what it returns. A refusal rolls everything back and is not stored under the key:
   * nothing was executed. With an Idempotency-Key the answer and the effect are committed together and repeated for 72 h.
   */
  async run<T>(call: Call, status: number, work: (unit: ScopedUnit) => Promise<Result<T, Refusal>>): Promise<Answer<T>> {
    const key = idempotencyKeyOf(call);
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
      return ran.ok ? { answer: keptAnswer<T>(ran.value) } : { refused: keyRefusal(ran.error) };
    });
    if (!outcome.ok) throw new ProblemException('version_conflict');
    if ('refused' in outcome.value) throw problemOf(outcome.value.refused);
    return outcome.value.answer;
  }

  /** Appends a command for the engine and wakes it after the commit, by what is wished: a stop keeps entries back before it is read. */
  async command(unit: ScopedUnit, command: NewCommand): Promise<bigint> {
    const no = await unit.commands.append(command);
    this.wake(unit, WAKEUP_CHANNELS.commands, commandWakeup(unit.scope, command));
    return no;
  }

  /** Wakes whoever listens on the channel once the unit is committed. A lost wake-up is made good by the listener's poll. */
  wake(unit: ScopedUnit, channel: string, payload = wakeupPayload(unit.scope)): void {
    unit.afterCommit(() =>
      this.context.wakeups.publish(channel, payload).catch((error: unknown) => this.context.log.warn('wake-up lost', { channel, error })),
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
