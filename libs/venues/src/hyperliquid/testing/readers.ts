import { z } from 'zod';
import { OUTCOME } from '../../port';
import { classifyReject } from '../classify';
import { readActionAnswer, readOrderAnswer } from '../parse/exchange-answer';
import { readWith } from '../parse/read';
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

/** Reads a message to domain values; throws `Unreadable` where it is none. */
export type Read = (body: unknown) => unknown;

/** What was refused as no message of its type. */
export class Unreadable extends Error {}

const by =
  (what: string, schema: z.ZodType): Read =>
  (body) => {
    const read = readWith(what, schema, body);
    if (!read.ok) throw new Unreadable(read.error.detail);
    return read.value;
  };

function readOrder(body: unknown): unknown {
  const row = readOrderAnswer({ kind: 'body', body }, 4);
  if (row.outcome === OUTCOME.unknown) throw new Unreadable(row.detail);
  return row;
}

function readAction(body: unknown): string {
  const outcome = readActionAnswer({ kind: 'body', body });
  if (outcome.kind === 'unknown') throw new Unreadable(outcome.detail);
  return outcome.kind;
}

const postedAction = z.object({
  response: z.object({ type: z.literal('action'), payload: z.looseObject({ response: z.looseObject({ type: z.string() }) }) }),
});

/** An order's or another action's answer; a read's goes to the reader of its type. */
function readPost(data: unknown): unknown {
  const action = postedAction.safeParse(data);
  if (action.success) return (action.data.response.payload.response.type === 'order' ? readOrder : readAction)(action.data.response.payload);
  const info = z.object({ response: z.object({ payload: z.object({ type: z.string(), data: z.unknown() }) }) }).safeParse(data);
  if (!info.success) throw new Unreadable('no answer to a post');
  const { type, data: answer } = info.data.response.payload;
  return READERS[type]?.(answer) ?? null;
}

function readTradeFrame(data: unknown): number {
  const { trades, unreadable } = readTrades(data);
  const sides = trades.flatMap((trade) => [sideOf(trade, 'buy'), sideOf(trade, 'sell')]);
  if (unreadable.length > 0 || trades.length === 0 || sides.includes(null)) throw new Unreadable('a trade cannot be read');
  return sides.length;
}

/** By the type of a request or action; of a frame its channel after a stroke. */
export const READERS: { readonly [type: string]: Read } = {
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
