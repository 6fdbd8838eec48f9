import { PROBLEMS } from '@lockstep/delivery';
import type { VerifiedKey } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import { type GatewayRequest, header } from '../http/call';
import { ProblemException } from '../http/problem-exception';
import { Authenticator } from './authenticator';
import { FailureLimit } from './failure-limit';
import { KeyUse } from './key-use';

export const API_KEY = 'api-key';

/** Passport's way to a tenant's key. A failure is charged to the caller's address, never to the tenant whose key was guessed at. */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(Strategy, API_KEY) {
  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(FailureLimit) private readonly failures: FailureLimit,
    @Inject(KeyUse) private readonly uses: KeyUse,
  ) {
    super();
  }

  async validate(request: GatewayRequest): Promise<VerifiedKey> {
    const address = request.ip ?? 'unknown';
    await this.failures.check(address);
    const verified = await this.authenticator.tenant(header(request, 'authorization'), address);
    if (verified.ok) {
      this.uses.note(verified.value);
      return verified.value;
    }
    await this.failures.charge(address);
    const headers = { 'WWW-Authenticate': 'Bearer realm="api"' };
    throw new ProblemException(verified.error, PROBLEMS[verified.error].status === 401 ? { headers } : {});
  }
}
