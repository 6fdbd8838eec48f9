import { dexNamed, type Exchange } from '../exchange';
import { asText, type JsonObject } from '../json';
import { bboText } from '../market';
import type { StreamFrame } from '../port';
import type { Asset, Dex, Sink } from '../state';
import { addSink, newAssetTopic, newUserTopic } from '../topics';

/** What a readable subscription comes to: its normalised echo, where its sink hangs, and the frames owed at once. */
export interface Plan {
  readonly echo: JsonObject;
  attach(sink: Sink): () => void;
  initial(): StreamFrame[];
}

/** Reads a subscription of one type; null when a field is missing or wrong. */
export type Planner = (ex: Exchange, request: JsonObject) => Plan | null;

/** The named dex, the main one when none is named; null when there is no such dex. */
export function dexOf(ex: Exchange, request: JsonObject): Dex | null {
  const name = request.dex === undefined || request.dex === null ? '' : asText(request.dex);
  return name === null ? null : dexNamed(ex, name);
}

/** The echo of an optional dex: repeated when it was sent. */
export const dexEcho = (request: JsonObject): JsonObject => (request.dex === undefined ? {} : { dex: request.dex });

/** Hangs a sink under a user's topic; the topic goes with its last sink. */
export function attachUser(ex: Exchange, user: string, key: string): Plan['attach'] {
  return (sink) => {
    const topic = ex.topics.users.get(user) ?? newUserTopic(user);
    ex.topics.users.set(user, topic);
    const account = ex.accounts.get(user);
    if (account !== undefined) account.topic = topic;
    const detach = addSink(topic.sinks, key, sink);
    return () => {
      detach();
      if (!topic.sinks.has(key)) topic.lastTold.delete(key);
      if (topic.sinks.size > 0 || ex.topics.users.get(user) !== topic) return;
      ex.topics.users.delete(user);
      const owner = ex.accounts.get(user);
      if (owner !== undefined) owner.topic = null;
    };
  };
}

/** Hangs a sink under an asset's topic; the topic goes with its last sink. */
export function attachAsset(ex: Exchange, asset: Asset, key: string): Plan['attach'] {
  return (sink) => {
    const topic = ex.topics.assets.get(asset) ?? newAssetTopic(asset, ex.time, bboText(asset));
    ex.topics.assets.set(asset, topic);
    asset.topic = topic;
    const detach = addSink(topic.sinks, key, sink);
    return () => {
      detach();
      if (topic.sinks.size > 0 || asset.topic !== topic) return;
      ex.topics.assets.delete(asset);
      asset.topic = null;
    };
  };
}
