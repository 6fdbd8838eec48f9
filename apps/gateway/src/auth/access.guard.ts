import { classOfMethod, mayCall, mayUseAt, missingScopes, type RouteClass, type VerifiedKey } from '@lockstep/tenancy';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { operationId } from '../app/operation-id';
import { type GatewayRequest, header } from '../http/call';
import { ProblemException, problemOf } from '../http/problem-exception';
import { ACCESS, type Access, ROUTE_CLASS } from './access';
import { API_KEY } from './api-key.strategy';
import { Authenticator } from './authenticator';
import { FailureLimit } from './failure-limit';
import { keyAdvice } from './key-advice';
import { KeyUse } from './key-use';
import { LoadShed } from './load-shed';
import { NarrowedKeys } from './narrowed-keys';
import { mayWhileOffboarding } from './offboarding-calls';
import { TierLimit } from './tier-limit';

/** Deny by default: a route without a mark is refused, a tenant's route needs its key, its tier, its scopes and what the key is narrowed to, in this order. */
@Injectable()
export class AccessGuard extends AuthGuard(API_KEY) implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
    @Inject(KeyUse) private readonly uses: KeyUse,
    @Inject(NarrowedKeys) private readonly narrowed: NarrowedKeys,
    @Inject(TierLimit) private readonly limit: TierLimit,
    @Inject(LoadShed) private readonly load: LoadShed,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [context.getHandler(), context.getClass()]);
    if (access === undefined) throw new ProblemException('not_found');
    if (access.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const operation = operationId(context.getClass().name, context.getHandler().name);
    if (access.kind === 'operator') return this.operator(request, operation);
    const routeClass = this.reflector.getAllAndOverride<RouteClass | undefined>(ROUTE_CLASS, [context.getHandler(), context.getClass()]);
    const admittedAs = routeClass ?? classOfMethod(request.method);
    const shed = this.load.refusal(admittedAs);
    if (shed !== null) throw problemOf(shed);
    const authorization = header(request, 'authorization');
    const standing = this.limit.stillRefused(authorization, admittedAs);
    // At another brand's host not even a refusal may tell that there is such a key.
    if (standing !== null && mayUseAt(standing.key, request.brand ?? null)) {
      request.verifiedKey = standing.key;
      throw standing.problem;
    }
    await super.canActivate(context);
    const key = request.verifiedKey;
    if (key === undefined) throw new ProblemException('invalid_key');
    if (!mayWhileOffboarding(key, request.method, operation)) throw new ProblemException('tenant_offboarding');
    const { headers, release, standings } = await this.limit.admit(key, admittedAs, authorization);
    Object.assign(request, { admittedAs, release, standings });
    // A caller that went away meanwhile ended its request before there was a place to give back.
    if (request.ended === true) release();
    const response: unknown = context.switchToHttp().getResponse();
    for (const [name, value] of Object.entries(headers)) this.host.httpAdapter.setHeader(response, name, value);
    const missing = missingScopes(key.scopes, access.scopes);
    if (missing.length > 0) throw new ProblemException('missing_scope', { detail: `This key lacks ${missing.join(', ')}.` });
    await this.narrowed.check(key, operation, request);
    return true;
  }

  /** Passport's verdict becomes the request's key. */
  override handleRequest<T = VerifiedKey>(error: unknown, user: T | false, _info: unknown, context: ExecutionContext): T {
    if (error) throw error;
    if (!user) throw new ProblemException('missing_key');
    const request = context.switchToHttp().getRequest<GatewayRequest & { verifiedKey?: T }>();
    Object.assign(request, { verifiedKey: user });
    return user;
  }

  private async operator(request: GatewayRequest, operation: string): Promise<boolean> {
    const address = request.ip ?? 'unknown';
    await this.failures.check(address);
    const authorization = header(request, 'authorization');
    const verified = await this.authenticator.operator(authorization);
    if (!verified.ok) {
      await this.failures.charge(address);
      const detail = keyAdvice(authorization, 'operator');
      throw new ProblemException(verified.error, { ...(detail !== null && { detail }), headers: { 'WWW-Authenticate': 'Bearer realm="operator"' } });
    }
    const { kid, role } = verified.value;
    this.uses.noteOperator(kid);
    if (!mayCall(role, operation)) throw new ProblemException('missing_role', { detail: `A key of the role \`${role}\` may not do this.` });
    request.operatorKid = kid;
    return true;
  }
}
