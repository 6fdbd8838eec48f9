import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { z } from 'zod';
import { isObject, parseJson } from '../parse/json';

/** A recorded message of the venue. */
export interface Message {
  readonly name: string;
  /** Type of the request or action; of a frame its channel after a stroke. */
  readonly type: string;
  readonly body: unknown;
}

const dir = venueData()?.dir ?? '';
const text = (file: string): string => readFileSync(join(dir, file), 'utf8');

const exchange = z.object({
  request: z.object({ body: z.looseObject({ type: z.string().optional(), action: z.looseObject({ type: z.string() }).optional() }) }),
  response: z.object({ body: z.unknown() }),
});
const fileSchema = z.union([
  exchange.transform((one) => ({ exchanges: [one] })),
  z.array(exchange).transform((exchanges) => ({ exchanges })),
  z.object({ interactions: z.array(exchange) }).transform(({ interactions }) => ({ exchanges: interactions })),
  z.object({ responses: z.array(z.object({ file: z.string(), response: z.unknown() })) }),
  z.object({ errors: z.array(z.object({ type: z.string(), message: z.string() })) }),
  z.object({ selection: z.record(z.string(), z.unknown()), l2Book: z.unknown().optional() }),
]);

/** Types of bodies whose recorder kept no request: files of a client's tests, parts of a capture. */
const NAMED_PARTS: { readonly [name: string]: string } = {
  GetAccountInfo: 'clearinghouseState',
  GetFundingHistory: 'userFunding',
  GetExchangeInfo: 'meta',
  GetExchangeInfoAndTickers: 'metaAndAssetCtxs',
  GetFundingRateHistory: 'fundingHistory',
  GetSymbolsAtMaxOpenInterest: 'perpsAtOpenInterestCap',
  SetLeverage: 'updateLeverage',
  GetAccountLedger: 'userNonFundingLedgerUpdates',
  GetRateLimits: 'userRateLimit',
  GetSubAccounts: 'subAccounts',
  GetOpenOrders: 'openOrders',
  GetOpenOrdersExtended: 'frontendOpenOrders',
  GetUserTrades: 'userFills',
  PlaceOrder: 'order',
  fills: 'userFills',
  orderStatus: 'orderStatus',
  openOrders: 'openOrders',
  l2Book: 'l2Book',
  perpUniverse: 'meta',
  hip3Universe: 'meta',
};
/** Parts of one answer that the capture of 2026-07-19 took apart; put together again below. */
const SPOT_PARTS = ['spotUniverse', 'spotTokens'];
const DEX_PARTS = ['perpDexs', 'hip3Dex'];

function partsOf(
  file: string,
  { selection, l2Book }: { readonly selection: Readonly<Record<string, unknown>>; readonly l2Book?: unknown },
): Message[] {
  const rest = Object.keys(selection).filter((key) => !SPOT_PARTS.includes(key) && !DEX_PARTS.includes(key));
  const whole = (name: string, type: string, body: unknown): Message => ({ name: `${file}#${name}`, type, body });
  return [
    ...rest.map((key) => whole(key, NAMED_PARTS[key] ?? key, selection[key])),
    ...(l2Book === undefined ? [] : [whole('l2Book', 'l2Book', l2Book)]),
    ...('spotTokens' in selection ? [whole('spotMeta', 'spotMeta', { universe: selection.spotUniverse, tokens: selection.spotTokens })] : []),
    ...DEX_PARTS.filter((key) => key in selection).map((key) => whole(key, 'perpDexs', [null, ...[selection[key]].flat()])),
  ];
}

function messagesOf(file: string): Message[] {
  const content = fileSchema.parse(JSON.parse(text(file)));
  if ('exchanges' in content)
    return content.exchanges.map(({ request: { body }, response }, at) => ({
      name: `${file}#${at}`,
      type: body.action?.type ?? body.type ?? 'untyped',
      body: response.body,
    }));
  if ('responses' in content)
    return content.responses.map((one) => {
      const name = /(\w+)\.txt$/.exec(one.file)?.[1] ?? one.file;
      return { name: `${file}#${name}`, type: NAMED_PARTS[name] ?? name, body: one.response };
    });
  if ('errors' in content) return content.errors.map(({ type, message }) => ({ name: `${file}#${type}`, type: 'refusal text', body: message }));
  return partsOf(file, content);
}

/** A line of a recorded stream: the frame itself, or the frame with its direction. */
function framesOf(file: string): Message[] {
  return text(file)
    .trim()
    .split('\n')
    .flatMap((line, at): Message[] => {
      const parsed = parseJson(line);
      const outer = parsed.ok && isObject(parsed.value) ? parsed.value : {};
      if (outer.direction === 'client') return [];
      const frame = isObject(outer.frame) ? outer.frame : outer;
      return [{ name: `${file}:${at + 1}`, type: `/${String(frame.channel)}`, body: frame.data }];
    });
}

const filesOf = (folder: string): string[] => readdirSync(join(dir, folder)).map((name) => `${folder}/${name}`);

/** The recorded answers to requests and actions; none where there are no recordings. */
export const recordedAnswers = (): Message[] => (venueData() === null ? [] : [...filesOf('http'), ...filesOf('hip3')].flatMap(messagesOf));
/** The recorded streams, file by file. */
export const recordedStreams = (): { readonly file: string; readonly messages: readonly Message[] }[] =>
  venueData() === null ? [] : filesOf('ws').map((file) => ({ file, messages: framesOf(file) }));
