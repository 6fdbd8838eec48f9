import { z } from 'zod';
import { filledOf, isAbove, sameAmount } from './account';
import { NO_DECIMAL } from './assumptions';
import { body, fromExchangeText, type ProviderAnswer, refusal } from './errors';
import { type CancelBody, cancelBody, complaintOf, type LeverageBody, leverageBody, missingPrice, type PlaceBody, placeBody } from './order-body';
import { cancelAction, leverageAction, orderAction } from './signed-actions';
import { type SignatureMode, submitAction } from './submit-action';
import { type Market, marketOf } from './symbols';
import { ask, type Upstream } from './upstream';
import * as shapes from './upstream-shapes';

/** A trading request: where, how signatures are judged, and the body as it came. */
export interface TradingRequest {
  readonly upstream: Upstream;
  readonly mode: SignatureMode;
  /** True for `/v1/rwas`: the body then names its dex. */
  readonly rwas: boolean;
  readonly body: unknown;
}

type Read = { readonly ok: true; readonly value: Market } | { readonly ok: false; readonly answer: ProviderAnswer };

function marketIn({ upstream, rwas }: TradingRequest, { symbol, dex }: { readonly symbol: string; readonly dex?: string | undefined }): Read {
  if (rwas && (dex === undefined || dex === '')) return { ok: false, answer: refusal('MISSING_REQUIRED_FIELD', 'Missing required field: dex') };
  return marketOf(upstream.hall, rwas ? (dex ?? '') : '', symbol);
}

/** `POST …/orders`. */
export async function placeOrder(request: TradingRequest): Promise<ProviderAnswer> {
  const parsed = placeBody.safeParse(request.body);
  if (!parsed.success) return complaintOf(request.body, parsed.error);
  const order = parsed.data;
  const incomplete = missingPrice(order);
  if (incomplete !== null) return incomplete;
  const market = marketIn(request, order);
  if (!market.ok) return market.answer;
  const sent = await submitAction(request.upstream, request.mode, { action: orderAction(market.value, order), ...order });
  if (!sent.ok) return sent.answer;
  const status = statusOf(sent.value);
  if (status === null) return refusal('PROVIDER_ERROR', 'unexpected upstream answer');
  if ('error' in status) return fromExchangeText(status.error);
  if ('filled' in status) return body(filledAnswer(order, status.filled));
  return await workingAnswer(request.upstream, market.value, order, 'resting' in status ? status.resting.oid : null);
}

const orderStatus = z.union([
  z.object({ error: z.string() }),
  z.object({ filled: z.object({ oid: z.number(), totalSz: z.string(), avgPx: z.string() }) }),
  z.object({ resting: z.object({ oid: z.number() }) }),
  z.literal('waitingForTrigger').transform(() => ({ waiting: true as const })),
]);
const statuses = z.object({ data: z.object({ statuses: z.array(orderStatus).min(1) }) });

function statusOf(response: unknown): z.output<typeof orderStatus> | null {
  const read = statuses.safeParse(response);
  return read.success ? (read.data.data.statuses[0] ?? null) : null;
}

type Filled = { readonly oid: number; readonly totalSz: string; readonly avgPx: string };

const filledAnswer = (order: PlaceBody, { oid, totalSz, avgPx }: Filled) => ({
  ...answerOf(order, String(oid), sameAmount(order.size, totalSz) ? 'filled' : 'partially_filled'),
  filledSize: totalSz,
  avgPrice: avgPx,
});

const answerOf = ({ symbol, side, type, size }: PlaceBody, orderId: string, status: string) => ({ orderId, status, symbol, side, type, size });

/** An order that works: its id and what it filled on arrival stand in the account's orders. */
async function workingAnswer(upstream: Upstream, market: Market, order: PlaceBody, oid: number | null): Promise<ProviderAnswer> {
  const listed = await ask(upstream, { type: 'frontendOpenOrders', user: order.wallet, dex: market.dex }, shapes.orders);
  if (!listed.ok) return listed.answer;
  const newest = listed.value.filter((each) => each.coin === market.coin && each.isTrigger).sort((a, b) => b.oid - a.oid)[0];
  const working = oid === null ? newest : listed.value.find((each) => each.oid === oid);
  const filledSize = working === undefined ? NO_DECIMAL : filledOf(working);
  const status = isAbove(filledSize, NO_DECIMAL) ? 'partially_filled' : 'open';
  return body({ ...answerOf(order, String(oid ?? working?.oid ?? 0), status), filledSize, avgPrice: NO_DECIMAL });
}

const cancelStatuses = z.object({ data: z.object({ statuses: z.array(z.union([z.literal('success'), z.object({ error: z.string() })])).min(1) }) });

/** `DELETE …/orders`, with a JSON body. */
export async function cancelOrder(request: TradingRequest): Promise<ProviderAnswer> {
  const parsed = cancelBody.safeParse(request.body);
  if (!parsed.success) return complaintOf(request.body, parsed.error);
  const order: CancelBody = parsed.data;
  const market = marketIn(request, order);
  if (!market.ok) return market.answer;
  const sent = await submitAction(request.upstream, request.mode, { action: cancelAction(market.value, order), ...order });
  if (!sent.ok) return sent.answer;
  const read = cancelStatuses.safeParse(sent.value);
  const status = read.success ? read.data.data.statuses[0] : undefined;
  if (status === undefined) return refusal('PROVIDER_ERROR', 'unexpected upstream answer');
  return status === 'success' ? body({ orderId: order.orderId, status: 'canceled' }) : fromExchangeText(status.error);
}

/** `POST …/leverage`. */
export async function setLeverage(request: TradingRequest): Promise<ProviderAnswer> {
  const parsed = leverageBody.safeParse(request.body);
  if (!parsed.success) return complaintOf(request.body, parsed.error);
  const wish: LeverageBody = parsed.data;
  const market = marketIn(request, wish);
  if (!market.ok) return market.answer;
  const sent = await submitAction(request.upstream, request.mode, { action: leverageAction(market.value, wish), ...wish });
  if (!sent.ok) return sent.answer;
  return body({ symbol: wish.symbol, leverage: wish.leverage, marginMode: wish.marginMode ?? 'cross', status: 'ok' });
}
