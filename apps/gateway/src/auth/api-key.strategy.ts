import { PROBLEMS, type ProblemCode } from '@lockstep/delivery';
import type { VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import { type GatewayRequest, header } from '../http/call';
import { ProblemException } from '../http/problem-exception';
import { Authenticator } from './authenticator';
import { FailureLimit } from './failure-limit';
import { keyAdvice } from './key-advice';
import { KeyUse } from './key-use';
import { EMPTY_BODY_SHA256, type ReceivedRequest, RequestSignatures, SIGNATURE_HEADER, TIMESTAMP_HEADER } from './request-signatures';

export const API_KEY = 'api-key';

/** Passport's way to a tenant's key. A failure is charged to the caller's address, never to the tenant whose key was guessed at. */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(Strategy, API_KEY) {
  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
    @Inject(RequestSignatures) private readonly signatures: RequestSignatures,
    @Inject(KeyUse) private readonly uses: KeyUse,
  ) {
    super();
  }

  async validate(request: GatewayRequest): Promise<VerifiedKey> {
    const address = request.ip ?? 'unknown';
    const authorization = header(request, 'authorization');
    const verified = await this.failures.checkBeside(address, () => this.authenticator.tenant(authorization, address, request.brand ?? null));
    if (!verified.ok) {
      await this.failures.charge(address);
      const detail = keyAdvice(authorization, 'tenant');
      throw new ProblemException(verified.error, { ...(detail !== null && { detail }), ...challengeOf(verified.error) });
    }
    const signed = await this.signatures.judge(verified.value, received(request));
    if (!signed.ok) {
      await this.failures.charge(address);
      throw new ProblemException(signed.error.code, { detail: signed.error.detail, ...challengeOf(signed.error.code) });
    }
    if (signed.value !== null) request.usedSignature = signed.value;
    this.uses.note(verified.value);
    return verified.value;
  }
}

const challengeOf = (code: ProblemCode) => (PROBLEMS[code].status === 401 ? { headers: { 'WWW-Authenticate': 'Bearer realm="api"' } } : {});

const received = (request: GatewayRequest): ReceivedRequest => ({
  method: request.method,
  target: request.originalUrl ?? request.url,
  bodySha256: request.bodySha256 ?? EMPTY_BODY_SHA256,
  timestampHeader: header(request, TIMESTAMP_HEADER),
  signatureHeader: header(request, SIGNATURE_HEADER),
});
