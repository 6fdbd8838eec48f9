import type { FaultId, RouteClass, VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { RequestCounts } from './request-counts';

/** What is known of a request when it ends. */
export interface FinishedRequest {
  readonly requestId: string;
  /** Method and route template, `unmatched` where no route has the path: a path may hold anything. */
  readonly operation: string;
  readonly status: number;
  readonly ms: number;
  /** The key that was proved, if one was. */
  readonly key: VerifiedKey | undefined;
  /** The class it was let in as; absent when it was not. */
  readonly admittedAs: RouteClass | undefined;
  /** The caller was gone before it had the answer. */
  readonly aborted: boolean;
  /** The fault of its sandbox that struck it. */
  readonly fault: FaultId | undefined;
}

/** One line per finished request of the public listener, and beside it the count of those that were let in: both in one step, so that they agree. */
@Injectable()
export class RequestLog {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(RequestCounts) private readonly counts: RequestCounts,
  ) {}

  finished({ requestId, operation, status, ms, key, admittedAs, aborted, fault }: FinishedRequest): void {
    const counted = key !== undefined && admittedAs !== undefined;
    if (counted) this.counts.note(key, admittedAs);
    this.context.log.info('request', {
      requestId,
      operation,
      status,
      ms: Math.round(ms * 10) / 10,
      ...(key === undefined ? {} : { tenant: key.tenantId, environment: key.environment, keyId: key.keyId }),
      ...(counted ? { class: admittedAs } : {}),
      counted,
      ...(aborted ? { aborted } : {}),
      ...(fault === undefined ? {} : { fault }),
    });
  }
}
