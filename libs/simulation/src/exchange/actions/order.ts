import { formatUnits } from '../decimals';
import type { Exchange } from '../exchange';
import { builderApprover } from '../fees';
import { asAddress, asList, asObject, asWhole, type JsonObject } from '../json';
import { type OrderRequest, type PlaceContext, placeOrder } from '../place';
import type { ExchangeAnswer, Json } from '../port';
import type { BuilderFee, Order, VenueAccount } from '../state';
import { REQUEST_TEXTS, withAsset } from '../texts';
import { type Grouped, placeForPosition, placeWithChildren } from '../tpsl';
import { assetClass, type Grouping, readGrouping, refuseForm } from './grouping';
import { readOrderRequest } from './order-request';
import { type Actor, okay, type Prepare, refused } from './prepared';

const PPM_PER_TENTH_BP = 10;

/** `order`: one answer element per order, in order. A refused builder or an empty batch refuses the whole request. */
export const prepareOrder: Prepare = (action) => {
  const requests = readRequests(action.orders);
  const grouping = readGrouping(action.grouping);
  const builder = readBuilder(action);
  if (requests === null || grouping === null || builder === 'malformed') return null;
  return {
    queueClass: requests.some((request) => request.trigger === null && request.tif !== 'Alo') ? 'taking' : 'plain',
    ownerOnly: false,
    weight: requests.length,
    isCancel: false,
    run: (ex, actor) => runOrders(ex, actor, { requests, grouping, builder }),
  };
};

function readRequests(value: Json | undefined): OrderRequest[] | null {
  const list = asList(value);
  if (list === null) return null;
  const requests: OrderRequest[] = [];
  for (const element of list) {
    const request = readOrderRequest(element);
    if (request === null) return null;
    requests.push(request);
  }
  return requests;
}

function readBuilder(action: JsonObject): BuilderFee | null | 'malformed' {
  if (action.builder === undefined || action.builder === null) return null;
  const builder = asObject(action.builder);
  const address = asAddress(builder?.b);
  const tenths = asWhole(builder?.f);
  return address === null || tenths === null || tenths < 0 ? 'malformed' : { address, ppm: tenths * PPM_PER_TENTH_BP };
}

interface Batch {
  readonly requests: readonly OrderRequest[];
  readonly grouping: Grouping;
  readonly builder: BuilderFee | null;
}

function runOrders(ex: Exchange, { owner }: Actor, { requests, grouping, builder }: Batch): ExchangeAnswer {
  const malformed = refuseForm(requests, grouping, ex.settings.triggerEntries);
  if (malformed !== null) return refused(malformed);
  if (builder !== null && !isApproved(ex, owner, builder, requests)) return refuseBuilder(ex, requests);
  if (grouping.kind === 'priority' && grouping.rate > 0 && ex.settings.priorityNeedsStake) return refused(REQUEST_TEXTS.priorityStake);
  if (ex.postOnly && requests.some(({ trigger, tif }) => trigger !== null || tif !== 'Alo')) return refused(REQUEST_TEXTS.postOnlyPeriod);
  const context: PlaceContext = { owner, builder, isPositionTpsl: grouping.kind === 'positionTpsl' };
  return okay('order', { statuses: place(ex, context, grouping, requests).map(render) });
}

function refuseBuilder(ex: Exchange, requests: readonly OrderRequest[]): ExchangeAnswer {
  const text = REQUEST_TEXTS.builderNotApproved;
  if (!ex.settings.builderRefusalPerOrder) return refused(text);
  return okay('order', { statuses: requests.map(({ assetId }) => ({ error: withAsset(text, assetId) })) });
}

function place(ex: Exchange, context: PlaceContext, grouping: Grouping, requests: readonly OrderRequest[]): Grouped[] {
  if (grouping.kind === 'normalTpsl') return placeWithChildren(ex, context, requests);
  if (grouping.kind === 'positionTpsl') return placeForPosition(ex, context, requests);
  return requests.map((request) => placeOrder(ex, context, request));
}

/** A builder may charge what the main wallet approved, and never more than the venue's cap. */
function isApproved(ex: Exchange, owner: VenueAccount, { address, ppm }: BuilderFee, requests: readonly OrderRequest[]): boolean {
  const { perpBuilderMostPpm, spotBuilderMostPpm } = ex.settings;
  const onlySpot = requests.every(({ assetId }) => assetClass(assetId) === 'spot');
  return ppm <= (builderApprover(owner).builders.get(address) ?? -1) && ppm <= (onlySpot ? spotBuilderMostPpm : perpBuilderMostPpm);
}

/** The answer element of one order. */
export function render(placed: Grouped): Json {
  switch (placed.kind) {
    case 'error':
      return { error: placed.text };
    case 'waiting':
      return 'waitingForTrigger';
    case 'waitingForFill':
      return 'waitingForFill';
    case 'resting':
      return { resting: identity(placed.order) };
    case 'filled': {
      const { order, execution } = placed;
      const { asset } = order;
      const totalSz = formatUnits(execution.lots, asset.spec.szDecimals);
      const avgPx = formatUnits(Math.round(execution.usd / execution.lots), asset.pxDecimals);
      return { filled: { totalSz, avgPx, ...identity(order) } };
    }
  }
}

const identity = ({ oid, cloid }: Order): { oid: number; cloid?: string } => (cloid === null ? { oid } : { oid, cloid });
