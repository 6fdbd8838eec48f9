import type { SandboxFaultRow } from '@lockstep/storage';
import { faultScopeOf } from '@lockstep/tenancy';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CONTEXT, type GatewayContext } from '../app/context';
import { operationId } from '../app/operation-id';
import type { GatewayRequest } from '../http/call';
import { ConnectionDropped, FaultProblem, faultMark, faultRefusal, SANDBOX_FAULT } from './fault-answers';
import { isSpared } from './fault-targets';
import { Faults } from './faults';
import { type LosableAnswer, loseAnswer, underneath } from './lose-answer';

/**
 * Strikes requests with the faults their test environment has set on itself, once key, tier, scopes and narrowing have let them in and before anything else is
 * done: a fault never takes the place of a refusal of ours. Whoever has none, and every live key, passes without a question.
 */
@Injectable()
export class FaultGuard implements CanActivate {
  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Faults) private readonly faults: Faults,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    const http = context.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const key = request.verifiedKey;
    const scope = key === undefined ? null : faultScopeOf(key, this.context.clock.now());
    if (key === undefined || scope === null) return true;
    const operation = operationId(context.getClass().name, context.getHandler().name);
    if (isSpared(operation)) return true;
    return this.faults
      .strikingRequest(scope, { operation, keyId: key.keyId })
      .then((fault) => (fault === null ? true : this.strike(fault, request, http.getResponse<LosableAnswer>())));
  }

  private async strike(fault: SandboxFaultRow, request: GatewayRequest, response: LosableAnswer): Promise<true> {
    request.fault = fault.id;
    this.host.httpAdapter.setHeader(response, SANDBOX_FAULT, faultMark(fault));
    const refusal = faultRefusal(fault, request.standings ?? []);
    if (refusal !== null) throw new FaultProblem(refusal.code, refusal);
    if (fault.kind === 'dropped_request') {
      underneath(response).socket?.destroy();
      throw new ConnectionDropped();
    }
    if (fault.kind === 'dropped_answer') loseAnswer(underneath(response));
    if (fault.kind === 'slow') await this.faults.holdUp(fault);
    return true;
  }
}
