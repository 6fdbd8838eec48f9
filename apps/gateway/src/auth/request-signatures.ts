import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ProblemCode } from '@lockstep/delivery';
import { err, ok, type Result } from '@lockstep/kernel';
import { type LimitPolicy, localLimiter } from '@lockstep/platform';
import type { UsedSignature } from '@lockstep/storage';
import {
  isTimely,
  mustSign,
  readSignature,
  SIGNATURE_MEMORY_MS,
  SIGNATURE_TOLERANCE_MS,
  type SignedRequest,
  signedText,
  type VerifiedKey,
} from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { SigningSecrets } from './signing-secrets';

export const TIMESTAMP_HEADER = 'x-timestamp';
export const SIGNATURE_HEADER = 'x-signature';

/** How long a signature stays noted in the database: as far as the clocks of two gateways may be apart, and longer. */
const NOTED_MS = 600_000;

/** What a signature is held against. */
export interface ReceivedRequest extends Omit<SignedRequest, 'timestamp'> {
  readonly timestampHeader: string | null;
  readonly signatureHeader: string | null;
}

/** Why a request is not admitted, and what to do about it. */
export interface SignatureFault {
  readonly code: Extract<ProblemCode, `signature_${string}`>;
  readonly detail: string;
}

const fault = (code: SignatureFault['code'], detail: string): Result<never, SignatureFault> => err({ code, detail });
const FORM = 'Send `X-Timestamp` (milliseconds since 1970) and `X-Signature` (`v1=` and 64 lower-case hexadecimal digits).';

/** A request whose signature was used before. */
export const REPLAYED: SignatureFault = {
  code: 'signature_replayed',
  detail: 'Sign every request anew with a time of its own, a repeated one too; its Idempotency-Key stays the same.',
};

/** HMAC-SHA-256 of a request under a signing secret, as lower-case hexadecimal. */
export const signatureOf = (secret: string, request: SignedRequest): string => createHmac('sha256', secret).update(signedText(request)).digest('hex');

export const bodySha256 = (body: Uint8Array | string): string => createHash('sha256').update(body).digest('hex');
/** Of a request without a body. */
export const EMPTY_BODY_SHA256 = bodySha256('');

/** Holds requests against their signatures, and admits each signature once. */
@Injectable()
export class RequestSignatures {
  private readonly secrets: SigningSecrets;
  private readonly local;

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {
    this.secrets = new SigningSecrets(context.keys);
    this.local = localLimiter(context.clock);
  }

  /**
   * The signature of a request that may go on, which is right, of now, and new as far as gateways remember; null where the key asks for none of it and none is there.
   * Whether it is new is certain only where it is noted with what the request changes (`useSignature`).
   */
  async judge(key: VerifiedKey, request: ReceivedRequest): Promise<Result<UsedSignature | null, SignatureFault>> {
    const secret = this.secrets.of(key);
    if (secret === null) return ok(null);
    const presented = readSignature(request.timestampHeader, request.signatureHeader);
    if (!presented.ok && presented.error === 'missing' && request.signatureHeader === null && !mustSign(key.signed, request.method)) return ok(null);
    if (!presented.ok) return fault(presented.error === 'missing' ? 'signature_missing' : 'signature_invalid', FORM);
    const { timestamp, signature } = presented.value;
    const expected = signatureOf(secret.reveal(), { timestamp, method: request.method, target: request.target, bodySha256: request.bodySha256 });
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected)))
      return fault(
        'signature_invalid',
        'Sign `v1`, timestamp, method, path with query and the SHA-256 of the body exactly as they are sent, a line each.',
      );
    const now = this.context.clock.now();
    if (!isTimely(timestamp, now))
      return fault(
        'signature_expired',
        `Sign with the present time: here it is ${new Date(now).toISOString()}, ${SIGNATURE_TOLERANCE_MS / 1_000} s either way.`,
      );
    if (!(await this.isNew(key, signature))) return err(REPLAYED);
    return ok({ digest: createHash('sha256').update(signature).digest(), expiresAt: now + NOTED_MS });
  }

  /** Notes a signature; false where it was noted before, by this process or, while the carrier is there, by any. */
  private async isNew(key: VerifiedKey, signature: string): Promise<boolean> {
    // A quota of one that comes back when the signature is no longer good by its time.
    const once: LimitPolicy = { name: 'signature', key: `sig:${signature}`, rate: 1, periodMs: SIGNATURE_MEMORY_MS, burst: 0, cost: 1 };
    // Noted here as well, so that what was seen stays seen when the carrier goes away or forgets.
    if (!(await this.local.take(key.tenantId, [once])).allowed) return false;
    const shared = await this.context.limiter.take(key.tenantId, [once]).catch(() => null);
    return shared?.allowed !== false;
  }
}
