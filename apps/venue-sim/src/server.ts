import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, err, must, ok, type Result } from '@lockstep/kernel';
import { systemRandom } from '@lockstep/platform';
import { createIpLimits, createVerifier, IP_LIMITS, NO_LIMITS, VERIFIER_DEFAULTS } from '@lockstep/simulation';
import { createControlDoor } from './control/control-door';
import type { Flags } from './flags';
import { createHalls, MAIN_WORLD } from './halls';
import { createHttpDoor } from './http-door';
import { createProviderApi } from './provider/provider-api';
import { createProviderDoor } from './provider/provider-door';
import { createProviderSocket } from './provider/provider-socket';
import { createSocketDoor } from './socket-door';
import { buildWorld } from './world-factory';

/** A listening venue. */
export interface VenueSim {
  readonly port: number;
  readonly controlPort: number;
  /** Resolves when the control port was asked to shut down. */
  readonly shutdownAsked: Promise<void>;
  /** Closes both ports, every connection, every world and the recovering threads. */
  close(): Promise<void>;
}

/** Idle HTTP connections are kept this long, above what clients keep them. */
const KEEP_ALIVE_MS = 75_000;

/** Starts the venue with its main world. The error names what was wrong with the flags. */
export async function startVenueSim(flags: Flags, clock: Clock, onFailure: (error: Error) => void): Promise<Result<VenueSim, string>> {
  if (flags.candles !== null && !existsSync(flags.candles)) return err(`--candles ${flags.candles} does not exist`);
  const { seed, blockMs, testnet, path, candles } = flags;
  const settings = { addressLimits: flags.addressLimits === 'on' };
  const built = buildWorld({ name: MAIN_WORLD, seed, blockMs, testnet, path, candles, makers: true, genesisTime: null, settings }, clock);
  if (!built.ok) return err(`--candles: ${built.error}`);

  const verifier = await createVerifier({ ...VERIFIER_DEFAULTS, mode: flags.verify, threads: flags.verifyThreads, onFailure });
  const halls = createHalls(verifier, clock);
  const limits =
    flags.limits === 'on'
      ? createIpLimits(
          { ...IP_LIMITS, usersMost: flags.usersPerIp, ipWindow: flags.ipWindow, postsSpendWeight: flags.postsSpendWeight === 'on' },
          clock,
        )
      : NO_LIMITS;
  const sockets = createSocketDoor({ halls, limits, clock, silenceMs: flags.silenceMs });
  const provider = createProviderApi(halls, limits, clock, systemRandom);
  const providerDoor = createProviderDoor(provider);
  const providerSockets = createProviderSocket(provider);
  must(halls.open({ ...built.value, blockMs, clock: 'real' }).ok, 'the main world opens');

  let askShutdown = (): void => {};
  const shutdownAsked = new Promise<void>((resolve) => {
    askShutdown = resolve;
  });
  const httpDoor = createHttpDoor(halls, limits);
  const venue = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    if (!providerDoor(request, response)) httpDoor(request, response);
  });
  venue.on('upgrade', (request, stream, head) => {
    if (!providerSockets.upgrade(request, stream, head)) sockets.upgrade(request, stream, head);
  });
  const control = createServer(
    createControlDoor({
      halls,
      provider,
      verifier,
      clock,
      flags,
      connections: () => sockets.connections + providerSockets.connections,
      shutdown: () => askShutdown(),
    }),
  );

  const close = async (): Promise<void> => {
    sockets.close();
    providerSockets.close();
    halls.closeAll();
    await Promise.all([closeServer(venue), closeServer(control), verifier.close()]);
  };
  const ports = await Promise.all([listen(venue, flags.port, flags.host), listen(control, flags.controlPort, flags.controlHost)]);
  const [port, controlPort] = ports;
  if (!port.ok || !controlPort.ok) {
    await close();
    return err(!port.ok ? `--port ${flags.port}: ${port.error}` : `--control-port ${flags.controlPort}: ${controlPort.ok ? '' : controlPort.error}`);
  }
  return ok({ port: port.value, controlPort: controlPort.value, shutdownAsked, close });
}

function listen(server: Server, port: number, host: string): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(err(error.message)));
    server.listen(port, host, () => resolve(ok((server.address() as AddressInfo).port)));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
