import type { AddressInfo } from 'node:net';
import type { HttpLimits, HttpServer } from './http-server';

/** Bounds of a process's own door, which is for probes and people of the deployment and knows no keys. */
export const INNER_DOOR_LIMITS: HttpLimits = {
  requestTimeoutMs: 5_000,
  headersTimeoutMs: 5_000,
  keepAliveTimeoutMs: 5_000,
  headerMaxBytes: 16_384,
  connectionsMax: 100,
  farewellMaxMs: 1_000,
};

/** Begins to listen; the port it was given. Rejects where it cannot. */
export async function listenAt({ server }: Pick<HttpServer, 'server'>, at: { readonly host: string; readonly port: number }): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  return (server.address() as AddressInfo).port;
}
