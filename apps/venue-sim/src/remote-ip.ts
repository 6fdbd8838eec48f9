import type { IncomingMessage } from 'node:http';

/** Lets a test or a bench appear as many egress addresses. */
export const TEST_IP_HEADER = 'x-test-ip';

/** The address a request counts under: the test header when present, else the peer. */
export function remoteIp(request: IncomingMessage): string {
  const claimed = request.headers[TEST_IP_HEADER];
  return typeof claimed === 'string' && claimed !== '' ? claimed : (request.socket.remoteAddress ?? 'unknown');
}
