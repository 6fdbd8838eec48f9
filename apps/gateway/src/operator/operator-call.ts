import { must } from '@lockstep/kernel';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type GatewayRequest, header, operationOf } from '../http/call';
import type { Repeatable } from '../http/idempotency';

/** One authenticated call of the operator, as routes see it. */
export interface OperatorCall extends Repeatable {
  /** Who acts, as audit lines name it: `operator:` and the key's kid. */
  readonly actor: string;
  readonly headers: GatewayRequest['headers'];
}

/** The call of an operator's route. */
export const CurrentOperator = createParamDecorator((_data: unknown, context: ExecutionContext): OperatorCall => {
  const request = context.switchToHttp().getRequest<GatewayRequest>();
  must(request.operatorKid !== undefined && request.requestId !== undefined, 'a guarded route runs after the guard');
  return {
    actor: `operator:${request.operatorKid}`,
    requestId: request.requestId,
    operation: operationOf(request),
    apiVersion: request.apiVersion ?? '',
    headers: request.headers,
    body: request.body,
    idempotencyHeader: header(request, 'idempotency-key'),
  };
});
