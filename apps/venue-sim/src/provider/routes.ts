import { openOrders, orderById, positions, spotBalances, summary } from './account';
import { body, type ProviderAnswer, refusal } from './errors';
import { health, PROVIDERS, providerHealth, providers, SIMULATED_PROVIDER, unsupported } from './health';
import { candles, funding, type MarketQuery, market, markets, orderbook, predictedFunding, prices, trades } from './market-data';
import { isVertical } from './provider-path';
import type { SignatureMode } from './submit-action';
import { cancelOrder, placeOrder, setLeverage } from './trading';
import type { Upstream } from './upstream';

/** A request of the Provider API, past its door. */
export interface ProviderRequest {
  readonly upstream: Upstream;
  readonly method: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly mode: SignatureMode;
  readonly monotonic: () => number;
}

/** Paths that need no key and are not counted (facts §3). */
export const isPublic = (segments: readonly string[]): boolean => segments[0] === 'health' || segments[0] === 'providers';

const notFound = (): ProviderAnswer => refusal('NOT_FOUND', 'No such endpoint');

/** Answers a request by its path. */
export async function route(request: ProviderRequest): Promise<ProviderAnswer> {
  const { upstream, segments, method, monotonic } = request;
  const [first = '', provider = '', ...rest] = segments;
  if (first === 'health' && method === 'GET')
    return provider === '' ? await health(upstream, monotonic) : await providerHealth(upstream, monotonic, provider);
  if (first === 'providers' && method === 'GET') return providers();
  if (!isVertical(first)) return notFound();
  if (!(PROVIDERS[provider] ?? []).includes(first)) return unsupported(provider);
  if (first === 'predictions') return predictions(rest, method);
  if (provider !== SIMULATED_PROVIDER) return unsupported(provider);
  if (first === 'spot') return await spot(request, rest);
  return await derivatives(request, first, rest);
}

/** Nobody holds a prediction here: the exchange behind this API has no such market. */
function predictions([resource, wallet]: readonly string[], method: string): ProviderAnswer {
  return method === 'GET' && resource === 'positions' && wallet !== undefined ? body([]) : notFound();
}

async function spot({ upstream, method }: ProviderRequest, [resource, wallet]: readonly string[]): Promise<ProviderAnswer> {
  if (method === 'GET' && resource === 'balances' && wallet !== undefined) {
    const address = addressOf(wallet);
    return address === null ? badAddress() : await spotBalances(upstream, address);
  }
  if (method === 'POST' && resource === 'orders') return refusal('ORDER_REJECTED', 'No spot market is listed');
  if (method === 'GET' && resource === 'markets') return body([]);
  return notFound();
}

async function derivatives(request: ProviderRequest, vertical: 'perps' | 'rwas', rest: readonly string[]): Promise<ProviderAnswer> {
  const { upstream, method, query, mode } = request;
  const [resource = '', name = '', part = '', id = ''] = rest;
  const rwas = vertical === 'rwas';
  const dex = rwas ? query.get('dex') : null;
  const marketQuery: MarketQuery = { upstream, vertical, dex, query };
  if (method !== 'GET') {
    const trading = { upstream, mode, rwas, body: request.body };
    if (method === 'POST' && resource === 'orders' && rest.length === 1) return await placeOrder(trading);
    if (method === 'DELETE' && resource === 'orders' && rest.length === 1) return await cancelOrder(trading);
    if (method === 'POST' && resource === 'leverage' && rest.length === 1) return await setLeverage(trading);
    return notFound();
  }
  if (resource === 'prices' && name === '') return await prices(marketQuery);
  if (resource === 'funding' && name === 'predicted') return predictedFunding(marketQuery);
  if (resource === 'markets' && name === '') return markets(marketQuery);
  if (rwas && dex === null) return refusal('MISSING_REQUIRED_FIELD', 'Missing required field: dex');
  if (resource === 'account') return await account(upstream, dex ?? '', name, part, id);
  return resource === 'markets' ? await oneMarket(marketQuery, name, part) : notFound();
}

async function oneMarket(query: MarketQuery, symbol: string, part: string): Promise<ProviderAnswer> {
  switch (part) {
    case '':
      return market(query, symbol);
    case 'orderbook':
      return await orderbook(query, symbol);
    case 'trades':
      return await trades(query, symbol);
    case 'candles':
      return await candles(query, symbol);
    case 'funding':
      return await funding(query, symbol);
    default:
      return notFound();
  }
}

async function account(upstream: Upstream, dex: string, wallet: string, part: string, id: string): Promise<ProviderAnswer> {
  const address = addressOf(wallet);
  if (address === null) return badAddress();
  const query = { upstream, address, dex };
  if (part === '') return await summary(query);
  if (part === 'positions' && id === '') return await positions(query);
  if (part === 'orders') return id === '' ? await openOrders(query) : await orderById(query, id);
  return notFound();
}

const addressOf = (text: string): string | null => (/^0x[0-9a-fA-F]{40}$/.test(text) ? text.toLowerCase() : null);
const badAddress = (): ProviderAnswer => refusal('INVALID_PARAMS', 'an address is 0x and 40 hex digits');
