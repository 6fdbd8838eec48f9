import type { Address } from './port';
import type { Asset, AssetTopic, Sink, UserTopic } from './state';

/** Who listens to what. A topic exists only while somebody listens, so that unwatched accounts cost nothing. */
export interface Topics {
  readonly users: Map<Address, UserTopic>;
  readonly assets: Map<Asset, AssetTopic>;
  /** Dex name → sinks of its mids. */
  readonly mids: Map<string, Set<Sink>>;
  lastMidsTime: number;
  /** Dex name, or the key of a bulk channel or of a spot pair → sinks of contexts. */
  readonly contexts: Map<string, Set<Sink>>;
  lastContextsTime: number;
  /** Contexts as `fastAssetCtxs` told them last. */
  readonly lastFast: Map<Asset, string>;
}

export const emptyTopics = (): Topics => ({
  users: new Map(),
  assets: new Map(),
  mids: new Map(),
  lastMidsTime: 0,
  contexts: new Map(),
  lastContextsTime: 0,
  lastFast: new Map(),
});

export const newUserTopic = (address: Address): UserTopic => ({
  address,
  sinks: new Map(),
  fills: [],
  updates: [],
  fundings: [],
  ledger: [],
  nonUserCancels: [],
  liquidations: [],
  twapChanges: [],
  twapFills: [],
  stateTouched: false,
  ordersTouched: false,
  lastTold: new Map(),
  lastLookTime: 0,
});

/** A topic opened at a moment of the world: its first subscriber has the book and the best prices of then. */
export const newAssetTopic = (asset: Asset, time: number, bbo: string): AssetTopic => ({
  asset,
  sinks: new Map(),
  trades: [],
  lastBbo: bbo,
  lastBookTime: time,
  lastFastBookTime: time,
  fastBookOwed: false,
  lastContextTime: 0,
  barTouched: false,
});

/** Adds a sink under a key and answers how to take it out again. */
export function addSink(sinks: Map<string, Set<Sink>>, key: string, sink: Sink): () => void {
  const listeners = sinks.get(key) ?? new Set<Sink>();
  sinks.set(key, listeners);
  listeners.add(sink);
  return () => {
    listeners.delete(sink);
    if (listeners.size === 0 && sinks.get(key) === listeners) sinks.delete(key);
  };
}
