import { asObject, asWhole } from '../json';
import type { OrderRequest } from '../place';
import type { Json } from '../port';
import { REQUEST_TEXTS } from '../texts';

/** How the orders of one action belong together. A priority fee is a rate in 10^-8. */
export type Grouping = { readonly kind: 'na' | 'normalTpsl' | 'positionTpsl' } | { readonly kind: 'priority'; readonly rate: number };

const PRIORITY_MOST = 100_000_000;

export function readGrouping(value: Json | undefined): Grouping | null {
  if (value === 'na' || value === 'normalTpsl' || value === 'positionTpsl') return { kind: value };
  const rate = asWhole(asObject(value)?.p);
  return rate === null || rate < 0 || rate > PRIORITY_MOST ? null : { kind: 'priority', rate };
}

/** What a whole request is refused for by its form alone, before any order is looked at; null when it is well formed. */
export function refuseForm(requests: readonly OrderRequest[], grouping: Grouping, triggerEntries: boolean): string | null {
  const [first, ...others] = requests;
  if (first === undefined) return REQUEST_TEXTS.emptyBatch;
  if (others.length > 0 && others.some((request) => assetClass(request.assetId) !== assetClass(first.assetId))) return REQUEST_TEXTS.mixedAssets;
  switch (grouping.kind) {
    case 'na':
      return triggerEntries || requests.every((request) => request.trigger === null || request.reduceOnly) ? null : REQUEST_TEXTS.tpslNotReduceOnly;
    case 'normalTpsl':
      return refuseTpsl(others) ?? (others.every((child) => closes(child, first)) ? null : REQUEST_TEXTS.tpslMalformed);
    case 'positionTpsl':
      return refuseTpsl(requests);
    case 'priority':
      return refusePriority(requests);
  }
}

function refuseTpsl(requests: readonly OrderRequest[]): string | null {
  if (requests.some((request) => request.trigger === null)) return REQUEST_TEXTS.tpslMalformed;
  return requests.every((request) => request.reduceOnly) ? null : REQUEST_TEXTS.tpslNotReduceOnly;
}

const closes = (child: OrderRequest, parent: OrderRequest): boolean => child.assetId === parent.assetId && child.isBuy !== parent.isBuy;

function refusePriority(requests: readonly OrderRequest[]): string | null {
  if (requests.some(({ assetId }) => assetClass(assetId) === 'outcome')) return REQUEST_TEXTS.priorityMixed;
  const allIoc = requests.every(({ trigger, tif }) => trigger === null && tif === 'Ioc');
  const allPost = requests.every(({ trigger, tif, reduceOnly }) => trigger === null && tif === 'Alo' && !reduceOnly);
  return allIoc || allPost ? null : REQUEST_TEXTS.priorityMixed;
}

const FIRST_SPOT = 10_000;
const FIRST_BUILDER_PERP = 100_000;
const FIRST_OUTCOME = 100_000_000;

/** What kind of asset an order id names: perps of all dexes are one kind. */
export function assetClass(id: number): 'perp' | 'spot' | 'outcome' {
  if (id >= FIRST_OUTCOME) return 'outcome';
  return id >= FIRST_SPOT && id < FIRST_BUILDER_PERP ? 'spot' : 'perp';
}
