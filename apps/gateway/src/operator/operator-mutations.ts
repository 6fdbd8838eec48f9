import { type PlatformUnit, runOperatorIdempotent } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Answer } from '../http/answer';
import { type AuditChange, NO_CHANGE } from '../http/audit-change';
import { fingerprintOf, idempotencyKeyOf, isRepeated, keptAnswer, keyRefusal } from '../http/idempotency';
import { problemOf } from '../http/problem-exception';
import { type RevisionOf, tagOf } from '../http/tags';
import type { OperatorCall } from './operator-call';

/** What the operator does, as the platform's audit log tells it. */
export interface OperatorLine {
  readonly action: string;
  readonly targetId: string;
  readonly detail?: unknown;
  readonly change?: AuditChange;
}

/** Runs the operator's changes: in one transaction, once per Idempotency-Key. */
@Injectable()
export class OperatorMutations {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  /**
   * Runs `work` in a platform unit and answers `status` with what it returns; its throw rolls everything back and leaves the key free. With an
   * Idempotency-Key the answer and the effect are committed together and repeated for 72 h, and a repeated call does not run `work`. What tenants are
   * told follows the commit and is the caller's. With a `revision` the answer carries the entity tag of what `work` returns.
   */
  async run<T>(call: OperatorCall, status: number, work: (unit: PlatformUnit) => Promise<T>, revision?: RevisionOf<T>): Promise<Answer<T>> {
    const key = idempotencyKeyOf(call);
    const headersOf = (value: T) => (revision === undefined ? {} : { ETag: tagOf(value, revision) });
    const { passCrashPoint } = this.context;
    const changed = async (unit: PlatformUnit): Promise<T> => {
      const value = await work(unit);
      passCrashPoint('change_made');
      return value;
    };
    const done = await this.context.storage.platform(async (unit) => {
      if (key === null) {
        const value = await changed(unit);
        return new Answer(status, value, headersOf(value));
      }
      const request = { key, fingerprint: fingerprintOf(call), requestId: call.requestId };
      const ran = await runOperatorIdempotent(unit, request, async () => {
        const value = await changed(unit);
        return { answer: { status, headers: headersOf(value), body: JSON.stringify(value) }, keep: true };
      });
      passCrashPoint('answer_kept');
      return ran.ok ? keptAnswer<T>(ran.value) : keyRefusal(ran.error);
    });
    if (!(done instanceof Answer)) throw problemOf(done);
    passCrashPoint('change_committed');
    if (isRepeated(done)) this.context.metrics.count('lockstep_idempotent_replays_total', {});
    return done;
  }

  /** Writes a line of the platform's audit log, as the last step of the unit it is done in. */
  audit(unit: Pick<PlatformUnit, 'audit' | 'now'>, call: OperatorCall, { action, targetId, detail = {}, change = NO_CHANGE }: OperatorLine): void {
    const { actor, requestId } = call;
    unit.audit.note({ id: this.context.ids.next('audit'), actor, action, targetId, requestId, detail, ...change, createdAt: unit.now });
  }
}
