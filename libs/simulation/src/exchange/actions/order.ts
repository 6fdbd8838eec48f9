import { formatUnits } from '../decimals';
import type { Exchange } from '../exchange';
import { asAddress, asList, asObject, asWhole, type JsonObject } from '../json';
import { admitOrder, noteStatus, releaseChildren } from '../order';
import { type OrderRequest, type PlaceContext, type Placed, placeOrder, readOrder } from '../place';
import type { ExchangeAnswer, Json } from '../port';
import type { BuilderFee, Order } from '../state';
import { REQUEST_TEXTS, withAsset } from '../texts';
import { readOrderRequest } from './order-request';
import { type Actor, okay, type Prepare, refused } from './prepared';

type Grouping = 'na' | 'normalTpsl' | 'positionTpsl';
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

function readGrouping(value: Json | undefined): Grouping | null {
  if (value === 'na' || value === 'normalTpsl' || value === 'positionTpsl') return value;
  return asObject(value) !== null ? 'na' : null;
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
  if (requests.length === 0) return refused(REQUEST_TEXTS.emptyBatch);
  if (builder !== null && !isApproved(ex, owner.builders.get(builder.address), builder)) return refused(REQUEST_TEXTS.builderNotApproved);
  if (ex.postOnly && requests.some(({ trigger, tif }) => trigger !== null || tif !== 'Alo')) return refused(REQUEST_TEXTS.postOnlyPeriod);
  const context: PlaceContext = { owner, builder, isPositionTpsl: grouping === 'positionTpsl' };
  if (grouping !== 'normalTpsl') return statuses(requests.map((request) => render(placeOrder(ex, context, request))));
  return statuses(placeWithChildren(ex, context, requests));
}

/** A builder may charge what the main wallet approved, and never more than the venue's cap on perps. */
const isApproved = (ex: Exchange, approvedPpm: number | undefined, builder: BuilderFee): boolean =>
  builder.ppm <= (approvedPpm ?? -1) && builder.ppm <= ex.settings.perpBuilderMostPpm;

const statuses = (elements: readonly Json[]): ExchangeAnswer => okay('order', { statuses: elements });

/** The first order is the parent; the others wait until it has filled. */
function placeWithChildren(ex: Exchange, context: PlaceContext, requests: readonly OrderRequest[]): Json[] {
  const [first, ...others] = requests;
  if (first === undefined) return [];
  const placed = placeOrder(ex, context, first);
  if (placed.kind === 'error') return [render(placed), ...others.map(() => ({ error: placed.text }))];
  const answers = others.map((request) => placeChild(ex, context, placed.order, request));
  if (placed.order.status === 'filled' || placed.order.status === 'canceled') releaseChildren(ex, placed.order);
  return [render(placed), ...answers];
}

function placeChild(ex: Exchange, context: PlaceContext, parent: Order, request: OrderRequest): Json {
  const draft = readOrder(ex, context, request);
  if (typeof draft === 'string') return { error: withAsset(draft, request.assetId) };
  const child = admitOrder(ex, draft);
  noteStatus(ex, child, 'open');
  parent.children.push(child);
  return 'waitingForFill';
}

/** The answer element of one order. */
export function render(placed: Placed): Json {
  switch (placed.kind) {
    case 'error':
      return { error: placed.text };
    case 'waiting':
      return 'waitingForTrigger';
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
