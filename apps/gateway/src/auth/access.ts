import type { ApiScope, RouteClass } from '@lockstep/tenancy';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';

/** What a route asks of its caller. A route without a mark is refused to everybody and fails the route test. */
export type Access = { readonly kind: 'public' } | { readonly kind: 'operator' } | { readonly kind: 'tenant'; readonly scopes: readonly ApiScope[] };

export const ACCESS = 'access';

/** Name of the one way to prove who calls, in the documents. */
export const SECURITY_SCHEME = 'bearer';

/** Needs a tenant's key with these scopes, which the documents name. */
export const Needs = (...scopes: ApiScope[]) =>
  applyDecorators(SetMetadata(ACCESS, { kind: 'tenant', scopes } satisfies Access), ApiSecurity(SECURITY_SCHEME, scopes));
/** Open to everybody. */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);
/** Needs an operator's key; only on the operator listener. */
export const OperatorOnly = () => SetMetadata(ACCESS, { kind: 'operator' } satisfies Access);

export const ROUTE_CLASS = 'route-class';

/** Which limits count a request of this route. A route without the mark is a read or a write by its method. */
export const CountsAs = (routeClass: RouteClass) => SetMetadata(ROUTE_CLASS, routeClass);
