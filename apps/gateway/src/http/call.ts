import type { PolicyStanding } from '@lockstep/delivery';
import { must, type TenantScope } from '@lockstep/kernel';
import type { UsedSignature } from '@lockstep/storage';
import { type FaultId, type RouteClass, scopeFromVerifiedKey, type VerifiedKey } from '@lockstep/tenancy';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Brand } from '../brand/brand';
import type { Refusal } from './problem-exception';

/** What the gateway keeps on a request besides HTTP itself. Set by the request-id step and the guard. */
export interface GatewayRequest {
  readonly method: string;
  readonly originalUrl?: string;
  readonly url: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly ip?: string;
  readonly body?: unknown;
  readonly query?: unknown;
  readonly params?: unknown;
  readonly route?: { readonly path?: string };
  requestId?: string;
  /** Whose host was asked; null or absent: no brand's. */
  brand?: Brand | null;
  /** Why the request is refused, as soon as it has an id. */
  hostFault?: Refusal;
  /** Of a signed request's body, before it was parsed; absent where there was none. */
  readonly bodySha256?: string;
  verifiedKey?: VerifiedKey;
  /** The signature it was proved with; absent where it came without. */
  usedSignature?: UsedSignature;
  operatorKid?: string;
  /** Version of the API that serves it. */
  apiVersion?: string;
  /** The class it was let in as, and how its place among those in flight is given back. */
  admittedAs?: RouteClass;
  release?: () => void;
  /** What is left of its tenant's quotas. */
  standings?: readonly PolicyStanding[];
  /** The fault of its sandbox that struck it. */
  fault?: FaultId;
  /** The first command for the engine that it left behind. */
  commandNo?: bigint;
  /** Its answer is sent, or its caller is gone. */
  ended?: boolean;
}

/** One authenticated call, as routes see it. */
export interface Call {
  readonly scope: TenantScope;
  readonly key: VerifiedKey;
  /** What it was signed with, to be noted with what it changes; null: nothing. */
  readonly usedSignature: UsedSignature | null;
  readonly requestId: string;
  /** Where it came from, behind the proxies we trust. */
  readonly address: string;
  /** Method, path and query: part of the idempotency fingerprint. */
  readonly operation: string;
  readonly apiVersion: string;
  readonly path: string;
  readonly body: unknown;
  readonly idempotencyHeader: string | null;
  readonly headers: GatewayRequest['headers'];
  /** Told the number of a command that was written for it, once that stands. */
  readonly commanded?: (no: bigint) => void;
}

export const header = (request: Pick<GatewayRequest, 'headers'>, name: string): string | null => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
};

/** What is asked for, but for the body. */
export const operationOf = (request: GatewayRequest): string => `${request.method} ${request.originalUrl ?? request.url}`;

/** Whose host was asked; null: no brand's. */
export const CurrentBrand = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Brand | null => context.switchToHttp().getRequest<GatewayRequest>().brand ?? null,
);

/** The call of a guarded route. */
export const CurrentCall = createParamDecorator((_data: unknown, context: ExecutionContext): Call => {
  const request = context.switchToHttp().getRequest<GatewayRequest>();
  must(request.verifiedKey !== undefined && request.requestId !== undefined, 'a guarded route runs after the guard');
  const path = (request.originalUrl ?? request.url).split('?')[0] ?? '';
  return {
    scope: scopeFromVerifiedKey(request.verifiedKey),
    key: request.verifiedKey,
    usedSignature: request.usedSignature ?? null,
    requestId: request.requestId,
    address: request.ip ?? 'unknown',
    operation: operationOf(request),
    apiVersion: request.apiVersion ?? '',
    path,
    body: request.body,
    idempotencyHeader: header(request, 'idempotency-key'),
    headers: request.headers,
    commanded: (no) => {
      request.commandNo ??= no;
    },
  };
});
