import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OUTCOME } from '../../port';
import { classifyReject } from '../classify';
import { bboData } from '../wire/bbo';
import { clearinghouseStateAnswer } from '../wire/clearinghouse-state';
import { extraAgentsAnswer } from '../wire/extra-agents';
import { perpFillsSchema } from '../wire/fill';
import { l2BookData } from '../wire/l2-book';
import { metaAndAssetCtxsAnswer } from '../wire/meta-and-asset-ctxs';
import { openOrdersAnswer, orderUpdatesData } from '../wire/open-orders';
import { orderStatusAnswer } from '../wire/order-status';
import { perpDexsAnswer } from '../wire/perp-dexs';
import { portfolioAnswer } from '../wire/portfolio';
import { spotClearinghouseStateAnswer } from '../wire/spot-clearinghouse-state';
import { spotMetaAnswer } from '../wire/spot-meta';
import { readTrades, sideOf } from '../wire/trades';
import { userFillsData } from '../wire/user-fills';
import { userFundingAnswer } from '../wire/user-funding';
import { userRateLimitAnswer } from '../wire/user-rate-limit';
import { userRoleAnswer } from '../wire/user-role';
import { readActionAnswer, readOrderAnswer } from './exchange-answer';
import { isObject, parseJson } from './json';
import { readWith } from './read';

/*
 * Every recorded message, file by file and line by line, is read to domain values or is of a type the adapter has no use for. A file, a type or a channel that is
 * recorded later and is neither fails here.
 */

type Read = (body: unknown) => unknown;

const by =
  (what: string, schema: z.ZodType): Read =>
  (body) =>
    unwrap(readWith(what, schema, body), what);

function readOrder(body: unknown): number {
  const { outcome, detail } = readOrderAnswer({ kind: 'body', body }, 4);
  if (outcome === OUTCOME.unknown) throw new Error(detail);
  return outcome;
}

function readAction(body: unknown): string {
  const outcome = readActionAnswer({ kind: 'body', body });
  if (outcome.kind === 'unknown') throw new Error(outcome.detail);
  return outcome.kind;
}

const postedAction = z.object({
  response: z.object({ type: z.literal('action'), payload: z.looseObject({ response: z.looseObject({ type: z.string() }) }) }),
});

/** An order's or another action's answer; a read's goes to the reader of its type. */
function readPost(data: unknown): unknown {
  const action = postedAction.safeParse(data);
  if (action.success) return (action.data.response.payload.response.type === 'order' ? readOrder : readAction)(action.data.response.payload);
  const info = z.object({ response: z.object({ payload: z.object({ type: z.string(), data: z.unknown() }) }) }).parse(data);
  return readOne(info.response.payload.type, info.response.payload.data);
}

function readTradeFrame(data: unknown): number {
  const { trades, unreadable } = readTrades(data);
  const sides = trades.flatMap((trade) => [sideOf(trade, 'buy'), sideOf(trade, 'sell')]);
  if (unreadable.length > 0 || trades.length === 0 || sides.includes(null)) throw new Error('a trade cannot be read');
  return sides.length;
}

const READERS: { readonly [type: string]: Read } = {
  order: readOrder,
  cancel: readAction,
  cancelByCloid: readAction,
  updateLeverage: readAction,
  metaAndAssetCtxs: by('metaAndAssetCtxs', metaAndAssetCtxsAnswer),
  perpDexs: by('perpDexs', perpDexsAnswer),
  spotMeta: by('spotMeta', spotMetaAnswer),
  clearinghouseState: by('clearinghouseState', clearinghouseStateAnswer),
  spotClearinghouseState: by('spotClearinghouseState', spotClearinghouseStateAnswer),
  frontendOpenOrders: by('frontendOpenOrders', openOrdersAnswer),
  orderStatus: by('orderStatus', orderStatusAnswer),
  userFills: by('userFills', perpFillsSchema),
  userFillsByTime: by('userFillsByTime', perpFillsSchema),
  userFunding: by('userFunding', userFundingAnswer),
  userRateLimit: by('userRateLimit', userRateLimitAnswer),
  userRole: by('userRole', userRoleAnswer),
  portfolio: by('portfolio', portfolioAnswer),
  extraAgents: by('extraAgents', extraAgentsAnswer),
  'refusal text': (text) => classifyReject(z.string().parse(text)),
  '/bbo': by('bbo', bboData),
  '/l2Book': by('l2Book', l2BookData),
  '/trades': readTradeFrame,
  '/orderUpdates': by('orderUpdates', orderUpdatesData),
  '/userFills': by('userFills', userFillsData),
  '/post': readPost,
  '/error': (data) => z.string().parse(data),
};

/** Recorded types and channels that nothing in the adapter asks for or listens to, and what it has instead. */
const NO_USE: { readonly [type: string]: string } = {
  meta: 'metaAndAssetCtxs holds it',
  allMids: 'marks come with the contexts, quotes with bbo',
  l2Book: 'books are streamed',
  candleSnapshot: 'no candles are shown',
  fundingHistory: 'charges are read per account',
  activeAssetData: 'leverage stands in the state of the account',
  openOrders: 'frontendOpenOrders holds more',
  userNonFundingLedgerUpdates: 'flows are not followed yet',
  subAccounts: 'accounts are named by the follower',
  perpsAtOpenInterestCap: 'the refusal tells',
  perpDexLimits: 'the refusal tells',
  perpDexStatus: 'nothing depends on it',
  perpDeployAuctionStatus: 'nothing depends on it',
  '/subscriptionResponse': 'the first frame of the channel is waited for',
  '/pong': 'any frame shows that the socket lives',
  '/user': 'names no user; userFills does',
  '/userFundings': 'charges are read per account',
  '/notification': 'for people',
  '/candle': 'no candles are shown',
  '/allMids': 'marks come with the contexts',
  '/activeAssetCtx': 'the contexts of a whole dex come in one frame',
};

function readOne(type: string, body: unknown): unknown {
  const reader = READERS[type];
  if (reader !== undefined) return reader(body);
  if (NO_USE[type] === undefined) throw new Error(`${type} is neither read nor named as of no use`);
  return null;
}

/** Messages that their source cut down, so that nothing can read them whole. */
const CUT_DOWN: { readonly [name: string]: string } = { 'ws/messages.jsonl:38': 'spotMeta without its tokens' };

interface Message {
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
const failures = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ name, type, body }) => {
    try {
      readOne(type, body);
      return CUT_DOWN[name] === undefined ? [] : [`${name}: is read, though named as cut down`];
    } catch (error) {
      return CUT_DOWN[name] !== undefined ? [] : [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });

describe.skipIf(venueData() === null)('every recorded message is read or of no use (needs VENUE_DATA_DIR)', () => {
  if (venueData() === null) return;
  const answers = [...filesOf('http'), ...filesOf('hip3')].flatMap(messagesOf);
  const streams = filesOf('ws').map((file) => ({ file, messages: framesOf(file) }));

  it.each(answers.map((message) => [message.name, message] as const))('%s', (_name, message) => expect(failures([message])).toEqual([]));

  it.each(streams.map(({ file, messages }) => [file, messages.length, messages] as const))('%s: %i frames', (_file, count, messages) => {
    expect(count).toBeGreaterThan(25);
    expect(failures(messages)).toEqual([]);
  });

  it('what has no use is never read, and every reader and reason is needed', () => {
    const recorded = new Set([...answers, ...streams.flatMap(({ messages }) => messages)].map(({ type }) => type));
    expect(Object.keys(READERS).filter((type) => NO_USE[type] !== undefined)).toEqual([]);
    expect([...Object.keys(READERS), ...Object.keys(NO_USE)].filter((type) => !recorded.has(type))).toEqual([]);
  });
});
