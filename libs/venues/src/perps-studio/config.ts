import { type Clock, must, type Random } from '@lockstep/kernel';
import type { VenueFeed } from '../port';
import { REQUESTS_PER_MINUTE } from './assumptions';

/** What the adapter reports; the process decides where it goes. Never a key, never a signature. */
export interface PerpsStudioLogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** The outside world, handed in. */
export interface PerpsStudioDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (entry: PerpsStudioLogEntry) => void;
  /** Gives the API key when a request is made; never kept elsewhere, never logged. */
  readonly apiKey: () => string;
  /**
   * The exchange's own public side, `watchThrough` of a network: leaders are watched by its streams, and account states, fills and funding are read there
   * without a request of the key. Null: everything is polled inside the key's budget. Closed by whoever made it.
   */
  readonly underlying: VenueFeed | null;
}

/** Who wants requests of a key. Orders include cancels and leverage. */
export const REQUEST_CLASSES = ['orders', 'truth', 'leaders'] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];

/** Everything adjustable; every bound has its unit in the name. */
export interface PerpsStudioConfig {
  /** Base of the API without `/v1`, may carry a path. */
  readonly url: string;
  readonly wsUrl: string;
  readonly network: 'mainnet' | 'testnet';
  /** Requests the key may make in a minute: 100, or what an enterprise key has. */
  readonly requestsPerMinute: number;
  /** Requests kept from the others for each class in a minute; what is left over goes to whoever comes first, orders before truth before leaders. */
  readonly keptPerMinute: Readonly<Record<RequestClass, number>>;
  /** A read that finds no place in the budget within this time fails as `rate_limited`. */
  readonly readWaitMaxMs: number;
  /** An order or leverage request that finds none within this time is not sent. */
  readonly orderWaitMaxMs: number;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** A longer answer is given up while it comes: a read failed, the outcome of an order is unknown. */
  readonly answerBytesMax: number;
  /** After this an answer counts as lost: the outcome is unknown. */
  readonly answerTimeoutMs: number;
  /** Orders waiting for an answer at a time. */
  readonly maxInFlight: number;
  /** Leaders that may be polled with one key. */
  readonly leadersMax: number;
  /** A leader's equity is read with every n-th look at its positions, and with each change. */
  readonly looksPerEquity: number;
  /** Coins whose marks, and whose books, are followed over the market channels. */
  readonly markCoinsMax: number;
  readonly quoteCoinsMax: number;
  /** Own orders remembered by client order id. */
  readonly ordersKept: number;
  readonly pingIntervalMs: number;
  readonly silenceTimeoutMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
}

export type PerpsStudioSettings = Pick<PerpsStudioConfig, 'url' | 'wsUrl' | 'network'> & Partial<PerpsStudioConfig>;

const DEFAULTS: Omit<PerpsStudioConfig, 'url' | 'wsUrl' | 'network' | 'keptPerMinute'> = {
  requestsPerMinute: REQUESTS_PER_MINUTE,
  readWaitMaxMs: 30_000,
  orderWaitMaxMs: 120_000,
  connections: 8,
  connectTimeoutMs: 5_000,
  readTimeoutMs: 5_000,
  answerBytesMax: 16 * 1024 * 1024,
  answerTimeoutMs: 10_000,
  maxInFlight: 8,
  leadersMax: 4,
  looksPerEquity: 10,
  markCoinsMax: 400,
  quoteCoinsMax: 100,
  ordersKept: 20_000,
  pingIntervalMs: 20_000,
  silenceTimeoutMs: 45_000,
  reconnectMinMs: 250,
  reconnectMaxMs: 15_000,
};

/** With leaders polled: four tenths for orders, a quarter each for comparing accounts and for leaders. With all that read elsewhere, nearly all for orders. */
const KEPT_POLLED = { orders: 0.4, truth: 0.25, leaders: 0.25 } as const;
const KEPT_WATCHED = { orders: 0.9, truth: 0.05, leaders: 0 } as const;

/** Fills in the defaults; throws naming a setting that is out of its range. `leadersPolled`: leaders are watched with this key. */
export function perpsStudioConfig(settings: PerpsStudioSettings, leadersPolled: boolean): PerpsStudioConfig {
  const { requestsPerMinute } = { ...DEFAULTS, ...settings };
  const share = (part: number): number => Math.floor(requestsPerMinute * part);
  const parts = leadersPolled ? KEPT_POLLED : KEPT_WATCHED;
  const keptPerMinute = settings.keptPerMinute ?? { orders: share(parts.orders), truth: share(parts.truth), leaders: share(parts.leaders) };
  const config = { ...DEFAULTS, ...settings, keptPerMinute };
  must(/^https?:\/\//.test(config.url), 'url is an http address');
  must(/^wss?:\/\//.test(config.wsUrl), 'wsUrl is a ws address');
  for (const name of POSITIVE) must(Number.isInteger(config[name]) && config[name] > 0, `${name} is a whole number above zero`);
  const kept = REQUEST_CLASSES.reduce((sum, each) => sum + keptPerMinute[each], 0);
  must(kept <= config.requestsPerMinute, `keptPerMinute (${kept}) is within requestsPerMinute`);
  must(config.silenceTimeoutMs > config.pingIntervalMs, 'silenceTimeoutMs is above pingIntervalMs');
  return { ...config, url: config.url.replace(/\/$/, ''), wsUrl: config.wsUrl.replace(/\/$/, '') };
}

const POSITIVE = [
  'requestsPerMinute',
  'readWaitMaxMs',
  'orderWaitMaxMs',
  'connections',
  'connectTimeoutMs',
  'readTimeoutMs',
  'answerBytesMax',
  'answerTimeoutMs',
  'maxInFlight',
  'leadersMax',
  'looksPerEquity',
  'markCoinsMax',
  'quoteCoinsMax',
  'ordersKept',
  'pingIntervalMs',
  'silenceTimeoutMs',
  'reconnectMinMs',
  'reconnectMaxMs',
] as const;
