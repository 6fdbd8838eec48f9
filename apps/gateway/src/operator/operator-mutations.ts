import { type PlatformUnit, runOperatorIdempotent } from '@lockstep/storage';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { Answer } from '../http/answer';
import { fingerprintOf, idempotencyKeyOf, keptAnswer, keyRefusal } from '../http/idempotency';
import { ProblemException } from '../http/problem-exception';
import type { OperatorCall } from './operator-call';

/** Runs the operator's changes: in one transaction, once per Idempotency-Key. */
@Injectable()
export class OperatorMutations {
  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {}

  /**
   * Runs `work` in a platform unit and answers `status` with what it returns; its throw rolls everything back and leaves the key free. With an
   * Idempotency-Key the answer and the effect are committed together and repeated for 72 h, and a repeated call does not run `work`. What tenants are
   * told follows the commit and is the caller's.
   */
  async run<T>(call: OperatorCall, status: number, work: (unit: PlatformUnit) => Promise<T>): Promise<Answer<T>> {
    const key = idempotencyKeyOf(call);
    if (key === null) return new Answer(status, await this.context.storage.platform(work));
    const request = { key, fingerprint: fingerprintOf(call), requestId: call.requestId };
    const ran = await this.context.storage.platform((unit) =>
      runOperatorIdempotent(unit, request, async () => ({ answer: { status, headers: {}, body: JSON.stringify(await work(unit)) }, keep: true })),
    );
    if (!ran.ok) throw new ProblemException(keyRefusal(ran.error).code);
    return keptAnswer(ran.value);
  }
}
