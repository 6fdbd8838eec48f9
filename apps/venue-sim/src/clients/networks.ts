import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AccountWish, VenueProcess } from '@lockstep/simulation';
import * as hl from '@nktkas/hyperliquid';
import { WebSocket as UndiciSocket } from 'undici';
import type { PrivateKeyAccount } from 'viem/accounts';
import { startServer } from '../testing/clients';

/** The two forms of the venue: a client signs for one of them, and BTC has another index on the second. */
export interface Network {
  readonly name: 'mainnet' | 'testnet';
  readonly world: string;
  readonly isTestnet: boolean;
  readonly btc: number;
}

const MAINNET: Network = { name: 'mainnet', world: 'main', isTestnet: false, btc: 0 };
const TESTNET: Network = { name: 'testnet', world: 'testnet', isTestnet: true, btc: 3 };
export const NETWORKS: readonly Network[] = [MAINNET, TESTNET];
export const otherOf = (network: Network): Network => (network.isTestnet ? MAINNET : TESTNET);

/** One server with both networks: still prices, full books, short blocks. */
export async function startNetworks(accounts: readonly AccountWish[]): Promise<VenueProcess> {
  const venue = await startServer('--seed', '21', '--path', 'still', '--block-ms', '50');
  await venue.control.openWorld({ name: TESTNET.world, seed: 22, path: 'still', testnet: true, blockMs: 50 });
  for (const { world } of NETWORKS) await venue.control.setUpAccounts(world, accounts);
  return venue;
}

/** `@nktkas/hyperliquid` as its users make it, with another URL. */
export interface Nktkas {
  readonly info: hl.InfoClient;
  readonly exchange: hl.ExchangeClient;
}

export const nktkasOf = (venue: VenueProcess, network: Network, wallet: PrivateKeyAccount): Nktkas => nktkasOver(nktkasHttp(venue, network), wallet);

export const nktkasHttp = (venue: VenueProcess, { world, isTestnet }: Network): hl.HttpTransport =>
  new hl.HttpTransport({ isTestnet, apiUrl: `${venue.httpUrl(world)}/` });

export function nktkasOver(transport: hl.HttpTransport | hl.WebSocketTransport, wallet: PrivateKeyAccount): Nktkas {
  return { info: new hl.InfoClient({ transport }), exchange: new hl.ExchangeClient({ transport, wallet }) };
}

type Reconnect = NonNullable<NonNullable<ConstructorParameters<typeof hl.WebSocketTransport>[0]>['reconnect']>;

/** Node 20 has no WebSocket of its own; undici's follows the same standard. */
export function nktkasSocket(venue: VenueProcess, { world, isTestnet }: Network): hl.WebSocketTransport {
  const WebSocket = UndiciSocket as unknown as NonNullable<Reconnect['WebSocket']>;
  return new hl.WebSocketTransport({ isTestnet, url: venue.wsUrl(world), reconnect: { WebSocket } });
}

/** `hyperliquid` in its CommonJS form, which finds `ws` on Node 20. */
export const hyperliquid: typeof import('hyperliquid') = createRequire(join(process.cwd(), 'package.json'))('hyperliquid');

/** Points the exported addresses of `hyperliquid` to the simulated venue. */
export function pointHyperliquidAt(venue: VenueProcess): void {
  const { BASE_URLS, WSS_URLS } = hyperliquid;
  BASE_URLS.PRODUCTION = venue.httpUrl(MAINNET.world);
  BASE_URLS.TESTNET = venue.httpUrl(TESTNET.world);
  WSS_URLS.PRODUCTION = venue.wsUrl(MAINNET.world);
  WSS_URLS.TESTNET = venue.wsUrl(TESTNET.world);
}
