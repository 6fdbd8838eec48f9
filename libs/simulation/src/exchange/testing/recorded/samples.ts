import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { dig } from '../../../builders/testbed';
import type { Json } from '../../port';

/** One recorded answer or frame. */
export interface Sample {
  /** File and place in it. */
  readonly name: string;
  /** Info type, action type, or `frame/<channel>`; the root of its paths. */
  readonly type: string;
  readonly request: Json;
  /** The answer; of frames the list of those under this name. */
  readonly body: Json;
}

const FILES: readonly string[] = [
  'http/exchange-orders-cancels.json',
  'http/info-account-queries-testnet.json',
  'http/info-allMids.json',
  'http/info-meta.json',
  'http/info-metaAndAssetCtxs.json',
  'http/info-recorded-python-sdk.json',
  'http/info-spotMeta.json',
  'hip3/info-metaAndAssetCtxs-xyz.json',
  'hip3/info-perpDexLimits-perpDexStatus.json',
  'hip3/info-perpDexs.json',
];

/** Types of the answers whose recorder kept no request. */
const JKORF_TYPES: { readonly [file: string]: string } = {
  'Futures/Account/GetAccountInfo.txt': 'clearinghouseState',
  'Futures/Account/GetFundingHistory.txt': 'userFunding',
  'Futures/ExchangeData/GetExchangeInfo.txt': 'meta',
  'Futures/ExchangeData/GetExchangeInfoAndTickers.txt': 'metaAndAssetCtxs',
  'Futures/ExchangeData/GetFundingRateHistory.txt': 'fundingHistory',
  'Futures/ExchangeData/GetSymbolsAtMaxOpenInterest.txt': 'perpsAtOpenInterestCap',
  'Futures/Trading/SetLeverage.txt': 'updateLeverage',
  'Spot/Account/GetAccountLedger.txt': 'userNonFundingLedgerUpdates',
  'Spot/Account/GetRateLimits.txt': 'userRateLimit',
  'Spot/Account/GetSubAccounts.txt': 'subAccounts',
  'Spot/Trading/GetOpenOrders.txt': 'openOrders',
  'Spot/Trading/GetOpenOrdersExtended.txt': 'frontendOpenOrders',
  'Spot/Trading/GetUserTrades.txt': 'userFills',
  'Spot/Trading/PlaceOrder.txt': 'order',
};

const dir = (): string => venueData()?.dir ?? '';
export const readJson = (file: string): Json => JSON.parse(readFileSync(join(dir(), file), 'utf8'));
export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** All recorded answers of `/info` and `/exchange`, the captures' selections among them. */
export function recordedAnswers(): Sample[] {
  const exchanges = FILES.flatMap((file) => {
    const content = readJson(file);
    const list = Array.isArray(content) ? content : listOf(dig(content, 'interactions'));
    return (list.length > 0 ? list : [content]).map((each, at): Sample => {
      const request = dig(each, 'request', 'body');
      const type = dig(request, 'action', 'type') ?? dig(request, 'type');
      return { name: list.length > 0 ? `${file}#${at}` : file, type: String(type), request, body: dig(each, 'response', 'body') };
    });
  });
  const others = listOf(dig(readJson('http/responses-jkorf.json'), 'responses')).map((each): Sample => {
    const file = String(dig(each, 'file'));
    return { name: `http/responses-jkorf.json#${file}`, type: JKORF_TYPES[file] ?? file, request: null, body: dig(each, 'response') };
  });
  return [...exchanges, ...others, ...captured()];
}

/** Captures hold parts of answers; each becomes an answer again. Indices that the recorder added are taken out. */
function captured(): Sample[] {
  const m1 = 'hip3/live-capture-mainnet-m1.json';
  const m4 = 'http/live-capture-mainnet-m4.json';
  const first = readJson(m1);
  const selected = dig(readJson(m4), 'selection');
  const part = (key: string): Json => dig(first, 'selection', key);
  const unnumbered = (list: Json): Json => listOf(list).map((each) => without(each, ['index', 'dexIndex']));
  const sample = (name: string, type: string, body: Json): Sample => ({ name, type, request: null, body });
  return [
    sample(`${m1}#perpUniverse`, 'meta', { universe: unnumbered(part('perpUniverse')) }),
    sample(`${m1}#hip3Universe`, 'meta', { universe: unnumbered(part('hip3Universe')) }),
    sample(`${m1}#spotMeta`, 'spotMeta', { universe: part('spotUniverse'), tokens: part('spotTokens') }),
    sample(`${m1}#perpDexs`, 'perpDexs', unnumbered(part('perpDexs'))),
    sample(`${m1}#hip3Dex`, 'perpDexs', unnumbered([part('hip3Dex')])),
    sample(`${m1}#l2Book`, 'l2Book', dig(first, 'l2Book')),
    sample(`${m4}#fills`, 'userFillsByTime', dig(selected, 'fills')),
    sample(`${m4}#orderStatus`, 'orderStatus', dig(selected, 'orderStatus')),
    sample(`${m4}#openOrders`, 'openOrders', dig(selected, 'openOrders')),
  ];
}

function without(value: Json, keys: readonly string[]): Json {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]: [string, Json | undefined]) => (keys.includes(key) ? [] : [[key, inner ?? null]])),
  );
}

/** All recorded frames of the server: the 39 frames of clients’ tests, then all frames of the 90 seconds, by channel and coin. */
export function recordedFrames(): Sample[] {
  const lines = (file: string): Json[] =>
    readFileSync(join(dir(), file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const single = lines('ws/messages.jsonl').flatMap((line, at): Sample[] => {
    const frame = dig(line, 'frame');
    if (dig(line, 'direction') !== 'server') return [];
    return [{ name: `ws/messages.jsonl:${at + 1}`, type: `frame/${String(dig(frame, 'channel'))}`, request: null, body: [frame] }];
  });
  const live = new Map<string, Json[]>();
  for (const line of lines('ws/recording-90s.jsonl')) {
    const [channel, data] = [dig(line, 'channel'), dig(line, 'data')];
    const key = `${String(channel)} ${String(dig(data, 'coin') ?? dig(data, 0, 'coin'))}`;
    live.set(key, [...(live.get(key) ?? []), { channel, data }]);
  }
  const grouped = [...live].map(
    ([key, body]): Sample => ({
      name: `ws/recording-90s.jsonl#${key}`,
      type: `frame/${key.split(' ')[0] ?? ''}`,
      request: null,
      body,
    }),
  );
  return [...single, ...grouped];
}
