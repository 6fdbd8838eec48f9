import { commandWakeup, WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import type { Result } from '@lockstep/kernel';
import { type NewCommand, runIdempotent, type ScopedUnit, useSignature } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { FailureLimit } from '../auth/failure-limit';
import { REPLAYED } from '../auth/request-signatures';
import { Answer } from './answer';
import { type AuditChange, NO_CHANGE } from './audit-change';
import type { Call } from './call';
import { fingerprintOf, idempotencyKeyOf, isRepeated, keptAnswer, keyRefusal } from './idempotency';
import { ProblemException, problemOf, type Refusal } from './problem-exception';
import { type RevisionOf, tagOf } from './tags';

/** A request whose signature has changed something before. */
export const SIGNATURE_USED: Refusal = { ...REPLAYED, headers: { 'WWW-Authenticate': 'Bearer realm="api"' } };

/** Runs a tenant's changes: in one transaction, once per Idempotency-Key, with a line in the audit log and wake-ups after the commit. */
@Injectable()
export class Mutations {
  /** The first command that was written in a unit. */
  private readonly commanded = new WeakMap<ScopedUnit, bigint>();

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
  ) {}

  /**
   * Runs `work` in a unit of the caller's scope and answers `status` with what it returns. A refusal rolls everything back and is not stored under the key:
   * nothing was executed. What the request was signed with is noted with its effect, so that no signature changes anything twice, at whichever gateways and under
   * whichever keys it is shown. With an Idempotency-Key the answer and the effect are committed together and repeated for 72 h. With a `revision` the answer
   * carries the entity tag of what `work` returns.
   */
  async run<T>(call: Call, status: number, work: (unit: ScopedUnit) => Promise<Result<T, Refusal>>, revision?: RevisionOf<T>): Promise<Answer<T>> {
    const key = idempotencyKeyOf(call);
    const { passCrashPoint } = this.context;
    const headersOf = (value: T) => (revision === undefined ? {} : { ETag: tagOf(value, revision) });
    const changed = async (unit: ScopedUnit): Promise<Result<T, Refusal>> => {
      const result = await work(unit);
      if (result.ok) passCrashPoint('change_made');
      return result;
    };
    const outcome = await this.context.storage.tryScoped(call.scope, async (unit) => {
      unit.afterCommit(() => this.tellCommand(call, unit));
      if (call.usedSignature !== null && !(await useSignature(unit, call.usedSignature))) {
        unit.discard();
        return { refused: SIGNATURE_USED };
      }
      if (key === null) return this.once(unit, status, changed, headersOf);
      let refused: Refusal | null = null;
      const ran = await runIdempotent(unit, { key, fingerprint: fingerprintOf(call), requestId: call.requestId }, async () => {
        const result = await changed(unit);
        if (result.ok) return { answer: { status, headers: headersOf(result.value), body: JSON.stringify(result.value) }, keep: true };
        refused = result.error;
        return { answer: { status, headers: {}, body: '' }, keep: false };
      });
      if (refused !== null) return { refused };
      passCrashPoint('answer_kept');
      return ran.ok ? { answer: keptAnswer<T>(ran.value) } : { refused: keyRefusal(ran.error) };
    });
    if (!outcome.ok) throw new ProblemException('version_conflict');
    if ('refused' in outcome.value) {
      // A credential like any other that is refused, though it is the database that knows.
      if (outcome.value.refused === SIGNATURE_USED) await this.failures.charge(call.address);
      throw problemOf(outcome.value.refused);
    }
    passCrashPoint('change_committed');
    if (isRepeated(outcome.value.answer)) this.context.metrics.count('lockstep_idempotent_replays_total', {});
    return outcome.value.answer;
  }

  /** What the committed unit asks of the engine belongs to the call's trace. */
  private tellCommand(call: Call, unit: ScopedUnit): void {
    const no = this.commanded.get(unit);
    if (no !== undefined) call.commanded?.(no);
  }

  /** Appends a command for the engine and wakes it after the commit, by what is wished: a stop keeps entries back before it is read. */
  async command(unit: ScopedUnit, command: NewCommand): Promise<bigint> {
    const no = await unit.commands.append(command);
    if (!this.commanded.has(unit)) this.commanded.set(unit, no);
    this.wake(unit, WAKEUP_CHANNELS.commands, commandWakeup(unit.scope, command));
    return no;
  }

  /** As `command`, of many that stop nothing. */
  async commands(unit: ScopedUnit, commands: readonly NewCommand[]): Promise<void> {
    await unit.commands.appendAll(commands);
    if (commands.length > 0) this.wake(unit, WAKEUP_CHANNELS.commands);
  }

  /** Wakes whoever listens on the channel once the unit is committed. A lost wake-up is made good by the listener's poll. */
  wake(unit: ScopedUnit, channel: string, payload = wakeupPayload(unit.scope)): void {
    unit.afterCommit(() =>
      this.context.wakeups.publish(channel, payload).catch((error: unknown) => this.context.log.warn('wake-up lost', { channel, error })),
    );
  }

  /** Writes who did what, as the last step of the unit: what was asked for, and the fields it changed. */
  async audit(unit: ScopedUnit, call: Call, action: string, targetId: string, detail: unknown = {}, change: AuditChange = NO_CHANGE): Promise<void> {
    const { requestId } = call;
    unit.audit.note({
      id: this.context.ids.next('audit'),
      actor: call.key.keyId,
      action,
      targetId,
      requestId,
      detail,
      ...change,
      createdAt: unit.now,
    });
  }

  private async once<T>(
    unit: ScopedUnit,
    status: number,
    work: (unit: ScopedUnit) => Promise<Result<T, Refusal>>,
    headersOf: (value: T) => Readonly<Record<string, string>>,
  ): Promise<{ readonly answer: Answer<T> } | { readonly refused: Refusal }> {
    const result = await work(unit);
    if (result.ok) return { answer: new Answer(status, result.value, headersOf(result.value)) };
    unit.discard();
    return { refused: result.error };
  }
}
