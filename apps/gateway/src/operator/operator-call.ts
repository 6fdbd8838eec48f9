import { must } from '@lockstep/kernel';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { GatewayRequest } from '../http/call';

/** Who acts on an operator's route, as audit lines name it: `operator:` and the key's kid. */
export const CurrentOperator = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { operatorKid } = context.switchToHttp().getRequest<GatewayRequest>();
  must(operatorKid !== undefined, 'a guarded route runs after the guard');
  return `operator:${operatorKid}`;
});
