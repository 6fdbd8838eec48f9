import type { IncomingMessage } from 'node:http';
import { bodySha256, SIGNATURE_HEADER } from '../auth/request-signatures';

/** The body parser's hook: of a signed request the digest of the very bytes is kept before they are parsed. */
export function keepBodyDigest(request: IncomingMessage & { bodySha256?: string }, _response: unknown, bytes: Buffer): void {
  if (request.headers[SIGNATURE_HEADER] !== undefined) request.bodySha256 = bodySha256(bytes);
}
